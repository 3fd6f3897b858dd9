/**
 * `node apps/house/src/health.ts`, for a container engine: ends with 0 when this process of the house is well. A gateway
 * is well once `/readyz` said so, and from then on as long as it answers: it must not be killed because another process
 * is away. Any other process is well when its internal door answers. A program of its own, without the house's
 * libraries, because it is started every few seconds.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const timeoutMs = 4_000;
const { STEADING_HTTP_PORT = '4600', STEADING_DOOR = '' } = process.env;
const wasReady = join(tmpdir(), 'steading-was-ready');

/** `serve gateway feed` of the container's first process, where no variable names the services. */
function services(): string {
  const { STEADING_SERVICES } = process.env;
  if (STEADING_SERVICES !== undefined) return STEADING_SERVICES;
  const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0').filter(Boolean);
  const at = words.lastIndexOf('serve');
  return at < 0 ? '' : words.slice(at + 1).join(',');
}

function gatewayAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port: STEADING_HTTP_PORT, path, timeout: timeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.once('timeout', () => asked.destroy());
  });
}

/** Without an assertion the door refuses, which is an answer. */
function doorAnswers(): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${STEADING_DOOR.split(':').at(-1)}`);
    const end = (answered: boolean) => {
      session.destroy();
      resolve(answered);
    };
    session.setTimeout(timeoutMs, () => end(false));
    session.once('error', () => end(false));
    const stream = session.request({ ':path': '/' });
    stream.once('response', () => end(true));
    stream.once('error', () => end(false));
    stream.end();
  });
}

async function isWell(): Promise<boolean> {
  const named = services();
  if (named !== '' && !named.split(',').includes('gateway')) return doorAnswers();
  if (existsSync(wasReady)) return gatewayAnswers('/livez');
  const ready = await gatewayAnswers('/readyz');
  if (ready) writeFileSync(wasReady, '');
  return ready;
}

process.exitCode = (await isWell()) ? 0 : 1;
