import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '#src/archive/tar.ts';
import { unpackTo } from '#src/files/unpack.ts';

/** A back-up that somebody made to break the machine on which it is restored. */
let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steading-unpack-'));
  data = join(folder, 'data');
  mkdirSync(data);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtime: new Date(0) };
const entry = (path: string, more: Partial<Entry>): Entry => ({
  ...{ path: `files/${path}`, type: 'File', mode: 0o644, size: 0, ...owner },
  ...more,
});

async function restore(entries: readonly Entry[]): Promise<void> {
  const unpacking = unpackTo(data, { tops: ['shop'] });
  for (const one of entries) await unpacking.file({ ...one, content: (async function* () {})() });
  await unpacking.finish();
}

test.each([
  ['up', '../..'],
  ['absolute', 'ABSOLUTE'],
])('makes no link through a link that leads %s', async (_what, linkpath) => {
  mkdirSync(join(folder, 'victim'));
  const way = linkpath === 'ABSOLUTE' ? join(folder, 'victim') : linkpath;
  const links = [
    entry('shop/way', { type: 'SymbolicLink', linkpath: way }),
    entry('shop/way/planted', { type: 'SymbolicLink', linkpath: '/etc/passwd' }),
  ];
  for (const order of [links, links.toReversed()]) {
    await expect(restore(order)).rejects.toThrow('The back-up is damaged');
    expect(readdirSync(join(folder, 'victim'))).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['data', 'victim']);
    rmSync(join(data, 'shop'), { recursive: true, force: true });
  }
});

test('makes no folder through a link either', async () => {
  mkdirSync(join(folder, 'victim'));
  await expect(
    restore([
      entry('shop/way', { type: 'SymbolicLink', linkpath: join(folder, 'victim') }),
      entry('shop/way/deep/planted', { type: 'SymbolicLink', linkpath: '/etc/passwd' }),
    ]),
  ).rejects.toThrow('The back-up is damaged');
  expect(readdirSync(join(folder, 'victim'))).toEqual([]);
});

test('gives no file the rights of its owner', async () => {
  await restore([entry('shop', { type: 'Directory', mode: 0o755 }), entry('shop/run', { mode: 0o6755 })]);
  expect(statSync(join(data, 'shop/run')).mode & 0o7777).toBe(0o755);
});

test('keeps a link of an app that leads elsewhere as it was', async () => {
  await restore([entry('shop/a/outside', { type: 'SymbolicLink', linkpath: '/etc' })]);
  expect(existsSync(join(data, 'shop/a/outside/passwd'))).toBe(true);
});
