import { request } from 'node:http';
import { connect } from 'node:net';
import type { HealthCheck } from '#src/runtime/runtime.ts';

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks an instance once. With a path: 2xx or 3xx. Without: the port must take connections, and if it speaks HTTP its
 * `/` must not answer 5xx (a program that does not speak HTTP, or not at `/`, is healthy by its port).
 */
export async function checkHealth(options: {
  host: string;
  port: number;
  health: HealthCheck;
  runCommand: (argv: readonly string[], timeoutMs: number) => Promise<Verdict>;
}): Promise<Verdict> {
  const { host, port, health } = options;
  if (health.command.length > 0) return options.runCommand(health.command, health.timeoutMs);
  if (health.httpPath) return httpAnswer({ host, port }, health.httpPath, health.timeoutMs, (status) => status < 400);
  const open = await takesConnections({ host, port }, health.timeoutMs);
  if (!open.ok) return open;
  const answer = await httpAnswer({ host, port }, '/', health.timeoutMs, (status) => status < 500);
  return answer.ok || answer.status === undefined ? { ok: true } : answer;
}

function takesConnections({ host, port }: Place, timeoutMs: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (verdict: Verdict) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(timeoutMs, () => end({ ok: false, reason: `port ${port} did not answer in ${timeoutMs} ms` }));
    socket.once('connect', () => end({ ok: true }));
    socket.once('error', () =>
      end({
        ok: false,
        reason: `nothing listens on port ${port} (the app must use PORT${host === '127.0.0.1' ? '' : ' and HOST'})`,
      }),
    );
  });
}

function httpAnswer(
  { host, port }: Place,
  path: string,
  timeoutMs: number,
  accepts: (status: number) => boolean,
): Promise<Verdict & { status?: number }> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'user-agent': 'steading-health', host: 'localhost', connection: 'close' };
    const asked = request({ port, host, path, agent: false, signal, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer.destroy();
      resolve(accepts(status) ? { ok: true, status } : { ok: false, reason: `${path} answered ${status}`, status });
    });
    asked.once('error', () =>
      resolve({
        ok: false,
        reason: signal.aborted ? `${path} did not answer in ${timeoutMs} ms` : `${path} could not be reached`,
      }),
    );
    asked.end();
  });
}
