import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measured, runWrk } from '../wrk.ts';

export type { Measured } from '../wrk.ts';

/** One kind of request, sent over and over. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const connections = 16;

/**
 * Sends for so long over 16 kept connections, each waiting for its answer. Fails on any answer with an error in it. The
 * client is wrk, because one in Node takes as much of a processor for a request as the house does.
 */
export async function measure(load: Load, seconds: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'steading-load-'));
  try {
    const script = join(folder, 'load.lua');
    writeFileSync(script, scriptOf(load), { mode: 0o600 });
    return await runWrk([`-c${connections}`, `-d${seconds}s`, '-s', script, load.url]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lua's strings know every escape that JSON's have here but that of code points, which these requests have none of. */
function scriptOf({ headers, body }: Load): string {
  const all = Object.entries({ 'content-type': 'application/json', ...headers });
  return [
    'wrk.method = "POST"',
    `wrk.body = ${JSON.stringify(body)}`,
    ...all.map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`),
    'function response(status, headers, body)',
    `  if status ~= 200 or body:find('"errors"', 1, true) then print("refused: " .. body:sub(1, 400)) wrk.thread:stop() end`,
    'end',
  ].join('\n');
}

/** One request; gives the answer's text. */
export function send(load: Load): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(load.body),
      ...load.headers,
    };
    const sent = request(load.url, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200 && !text.includes('"errors"')) resolve(text);
        else reject(new Error(`${load.url} answered ${answer.statusCode}: ${text.slice(0, 400)}`));
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${load.url} did not answer within 10 s`)));
    sent.end(load.body);
  });
}
