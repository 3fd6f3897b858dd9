/** One request to an app as the world makes it: through a gateway, by the app's own host. */
import { createHmac } from 'node:crypto';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A gateway, or what stands before all of them. */
export interface Edge {
  /** `edg_…`, in its answers to probes; empty: whoever answers is right. */
  readonly id: string;
  readonly url: string;
}

export interface EdgeAnswer {
  /** Answered, and not by the edge in the app's place (502, 503, 504 without an instance). */
  readonly ok: boolean;
  /** Which deployment served; empty: none did. */
  readonly generation: string;
  /** `refused`: no connection came about; `none`: no answer; `other`: another gateway has its address now. */
  readonly edge: 'answered' | 'refused' | 'none' | 'other';
}

export type EdgeRequest = (edge: Edge, host: string, path: string, timeoutMs: number) => Promise<EdgeAnswer>;

/** @param key `house.key('edge-probe')`: by it the edge knows that the house itself asks. */
export function createEdgeRequest(key: Buffer): EdgeRequest {
  return (edge, host, path, timeoutMs) =>
    new Promise((resolve) => {
      let isConnected = false;
      const nothing = () => resolve({ ok: false, generation: '', edge: isConnected ? 'none' : 'refused' });
      const sent = open(edge, host, path, key);
      const timer = setTimeout(() => sent.destroy(new Error('too late')), timeoutMs);
      sent.once('socket', (socket) => socket.once('connect', () => (isConnected = true)));
      sent.once('error', () => {
        clearTimeout(timer);
        nothing();
      });
      sent.once('response', (answer) => {
        const generation = String(answer.headers['steading-generation'] ?? '');
        const id = String(answer.headers['steading-edge'] ?? '');
        const isOther = edge.id !== '' && id !== '' && id !== edge.id;
        answer.once('error', nothing);
        answer.once('close', () => {
          clearTimeout(timer);
          if (isOther) resolve({ ok: false, generation: '', edge: 'other' });
          else resolve({ ok: answer.complete && generation !== '', generation, edge: 'answered' });
        });
        answer.resume();
      });
      sent.end();
    });
}

function open(edge: Edge, host: string, path: string, key: Buffer): ClientRequest {
  const url = new URL(edge.url);
  const secure = url.protocol === 'https:';
  const options = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (secure ? 443 : 80),
    path,
    method: 'GET',
    agent: false as const,
    headers: {
      host: url.port ? `${host}:${url.port}` : host,
      'steading-probe': probeSignature(key, host),
      'user-agent': 'steading-probe',
    },
  };
  // The certificate is the house's own business: the connection goes to the house itself, by its own address.
  return secure ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false }) : httpRequest(options);
}

export function probeSignature(key: Buffer, host: string): string {
  return createHmac('sha256', key).update(host).digest('hex');
}
