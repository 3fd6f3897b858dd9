import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Attempt {
  readonly result: string;
  readonly asked: readonly string[];
  readonly outer: number;
  readonly inner: number;
}

let folder: string;
let seen: Record<'http' | 'https' | 'ssh' | 'redirect' | 'again' | 'unpinned', Attempt>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steading-rebinding-'));
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n');
  const worker = join(import.meta.dirname, 'rebinding-worker.ts');
  const network = ['--map-root-user', '--net', '--mount', '--'];
  const said = await promisify(execFile)('unshare', [...network, process.execPath, worker, folder], {
    timeout: 100_000,
  });
  seen = JSON.parse(said.stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('whoever is not pinned is led inside: the trap works', () => {
  expect(seen.unpinned).toMatchObject({ outer: 0, inner: expect.any(Number) });
  expect(seen.unpinned.inner).toBeGreaterThan(0);
});

test.each([
  ['http', 'Plant beans'],
  ['https', 'git-failed'],
  ['ssh', 'Plant beans'],
] as const)(
  'a name of an %s source that leads inside the second time is asked for once, and nobody comes inside',
  (kind, result) => {
    expect(seen[kind]).toMatchObject({ result, asked: [`${kind}.rebind.test 93.184.215.14`], inner: 0 });
    expect(seen[kind].outer).toBeGreaterThan(0);
  },
);

test('a server that sends git inside is not followed', () => {
  expect(seen.redirect).toMatchObject({ result: 'redirect', outer: 1, inner: 0 });
});

test('the next fetch checks anew, and is refused where the name leads inside by then', () => {
  expect(seen.again).toEqual({
    ...{ result: 'deploy.internal-address', asked: ['http.rebind.test 127.0.0.1'], outer: 0, inner: 0 },
  });
});
