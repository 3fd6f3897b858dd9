import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { houseCommand } from '#src/command.ts';

let dataDir: string;
let port: number;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'steading-stop-early-'));
  chmodSync(dataDir, 0o711);
  port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as { port: number };
      server.close(() => resolve(found));
    });
  });
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;

function startHouse(env: Record<string, string> = {}) {
  const house = spawn(process.execPath, houseCommand(), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      STEADING_DATA: dataDir,
      STEADING_HTTP_PORT: String(port),
      STEADING_PUBLIC_URL: `http://localhost:${port}`,
      STEADING_BIND: '127.0.0.1',
      STEADING_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  let text = '';
  for (const stream of [house.stdout, house.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  return { house, ended: once(house, 'exit'), said: () => text };
}

test.each([
  ['has just become ready', isReady],
  ['opens its database', () => existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'))],
  ['answers, but is not ready', async () => (await fetch(`http://127.0.0.1:${port}/livez`)).ok],
])(
  'a house that %s stops in order',
  async (_when, comes) => {
    const { house, ended, said } = startHouse();
    const has = async () => comes();
    await expect.poll(() => has().catch(() => false), { timeout: 60_000, interval: 5 }).toBe(true);
    house.kill('SIGTERM');
    expect(await ended, said()).toEqual([0, null]);
    expect(said()).not.toMatch(/"level":"(error|fatal)"|Unhandled|left behind/);
    expect(existsSync(join(dataDir, 'house.json'))).toBe(false);
    expect(existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
  },
  90_000,
);

test('a house that cannot start does not end as if all were well', async () => {
  // Nobody listens there.
  const { ended, said } = startHouse({ DATABASE_URL: 'postgresql://steading@127.0.0.1:1/steading' });
  expect(await ended, said()).toEqual([1, null]);
  expect(said()).toContain('The PostgreSQL of DATABASE_URL cannot be used');
  expect(existsSync(join(dataDir, 'house.json'))).toBe(false);
}, 60_000);
