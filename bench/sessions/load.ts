import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

export interface Asked {
  readonly url: string;
  /** Sent in turn; none: the question is asked without one. */
  readonly cookies: readonly string[];
  /** Of the server, whose processor time is counted. */
  readonly pid: number;
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server for one request. */
  readonly cpuUs: number;
}

const connections = 16;
const ticksPerSecond = 100;

/** Asks over 16 kept connections, so many times in all. Fails where a session is not taken for one. */
export async function measure({ url, cookies, pid }: Asked, count: number): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let next = 0;
  const [began, cpuBefore] = [performance.now(), cpuTicks(pid)];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) {
        const cookie = cookies[next++ % cookies.length];
        const sent = performance.now();
        await get(url, agent, cookie);
        times.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const cpuUs = ((cpuTicks(pid) - cpuBefore) / ticksPerSecond / times.length) * 1e6;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0;
  return { perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuUs };
}

function get(url: string, agent: Agent, cookie: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, ...(cookie && { headers: { cookie } }) }, (answer) => {
      // The house takes back a cookie that is no session; the peers refuse it.
      const refused = answer.statusCode !== 200 || answer.headers['set-cookie'] !== undefined;
      answer.resume().once('end', () => (refused ? reject(new Error(`${url}: not taken for a session`)) : resolve()));
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** User and system time of a process with all its threads: fields 14 and 15 of `/proc/<pid>/stat`. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** From an address of this machine of its own, so that no limit on one address counts; gives the cookie. */
export function post(url: string, body: unknown, localAddress = '127.0.0.1', cookie = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const { origin } = new URL(url);
    const options = { method: 'POST', agent: false as const, localAddress, family: 4 };
    const sent = request(url, { ...options, headers: { ...headers, origin, ...(cookie && { cookie }) } }, (answer) => {
      let said = '';
      answer.setEncoding('utf8').on('data', (part: string) => (said += part));
      answer.once('end', () => {
        if (answer.statusCode === 200 && !said.includes('"errors"'))
          resolve(answer.headers['set-cookie']?.[0]?.split(';')[0] ?? said);
        else reject(new Error(`${url} answered ${answer.statusCode}: ${said.slice(0, 300)}`));
      });
    });
    sent.once('error', reject);
    sent.end(text);
  });
}

/** Milliseconds from now until a session is taken no more; infinite where that takes longer than `mostMs`. */
export async function untilRefused(isTaken: () => Promise<boolean>, mostMs: number): Promise<number> {
  const began = performance.now();
  while (await isTaken()) if (performance.now() - began > mostMs) return Number.POSITIVE_INFINITY;
  return performance.now() - began;
}
