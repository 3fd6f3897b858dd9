/** One request to an app as the world makes it: through the edge, by the app's own host. */
import { createHmac } from 'node:crypto';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface EdgeAnswer {
  /** Answered, and not by the edge in the app's place (502, 503, 504 without an instance). */
  readonly ok: boolean;
  /** Which deployment served; empty: none did. */
  readonly generation: string;
}

export type EdgeRequest = (host: string, path: string, timeoutMs: number) => Promise<EdgeAnswer>;

/** @param key `house.key('edge-probe')`: by it the edge knows that the house itself asks. */
export function createEdgeRequest(edgeUrl: string, key: Buffer): EdgeRequest {
  const edge = new URL(edgeUrl);
  const secure = edge.protocol === 'https:';
  return (host, path, timeoutMs) =>
    new Promise((resolve) => {
      const nothing = () => resolve({ ok: false, generation: '' });
      const options = {
        host: edge.hostname,
        port: edge.port || (secure ? 443 : 80),
        path,
        method: 'GET',
        agent: false as const,
        headers: {
          host: edge.port ? `${host}:${edge.port}` : host,
          'steading-probe': probeSignature(key, host),
          'user-agent': 'steading-probe',
        },
      };
      // The certificate is the house's own business: the connection goes to the house itself, by its own address.
      const sent: ClientRequest = secure
        ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false })
        : httpRequest(options);
      const timer = setTimeout(() => sent.destroy(new Error('too late')), timeoutMs);
      sent.once('error', () => {
        clearTimeout(timer);
        nothing();
      });
      sent.once('response', (answer) => {
        const generation = String(answer.headers['steading-generation'] ?? '');
        answer.once('error', nothing);
        answer.once('close', () => {
          clearTimeout(timer);
          resolve({ ok: answer.complete && generation !== '', generation });
        });
        answer.resume();
      });
      sent.end();
    });
}

export function probeSignature(key: Buffer, host: string): string {
  return createHmac('sha256', key).update(host).digest('hex');
}
