import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ArchiveLimits, archiveLimits } from '#src/archive/archive-limits.ts';
import { unpackArchive } from '#src/archive/unpack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steading-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface TarEntry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'BlockDevice' | 'FIFO';
  linkpath?: string;
  text?: string;
  size?: number;
  mode?: number;
}

/** A tar made by hand: the library would not write most of these. */
function tar(entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', linkpath = '', text = '', size, mode = 0o644 }) => {
    const body = Buffer.from(text);
    const block = Buffer.alloc(512);
    new Header({
      path,
      type,
      linkpath,
      size: size ?? body.length,
      mode,
      uid: 0,
      gid: 0,
      mtime: new Date(0),
    }).encode(block);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

interface ZipEntry {
  name: string;
  text?: string | Buffer;
  mode?: number;
  claimedSize?: number;
}

function zip(entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, text = '', mode = 0o100644, claimedSize } of entries) {
    const plain = Buffer.from(text);
    const packed = deflateRawSync(plain);
    const bytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(plain), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimedSize ?? plain.length, 22);
    local.writeUInt16LE(bytes.length, 26);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE((3 << 8) | 20, 4);
    head.writeUInt16LE(20, 6);
    head.writeUInt16LE(8, 10);
    head.writeUInt32LE(crc32(plain), 16);
    head.writeUInt32LE(packed.length, 20);
    head.writeUInt32LE(claimedSize ?? plain.length, 24);
    head.writeUInt16LE(bytes.length, 28);
    head.writeUInt32LE((mode << 16) >>> 0, 38);
    head.writeUInt32LE(offset, 42);
    locals.push(local, bytes, packed);
    central.push(head, bytes);
    offset += 30 + bytes.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const setUid = 0o4000;
const writableByAll = 0o022;

async function unpack(bytes: Buffer, limits: Partial<ArchiveLimits> = {}): Promise<string> {
  const file = join(folder, 'upload');
  const target = join(folder, 'source');
  writeFileSync(file, bytes);
  await unpackArchive({ file, target, limits: { ...archiveLimits, ...limits }, signal: AbortSignal.timeout(20_000) });
  return target;
}

test('unpacks what the tar command packs, links inside included', async () => {
  const from = join(folder, 'from');
  mkdirSync(join(from, 'src'), { recursive: true });
  writeFileSync(join(from, 'index.html'), 'hello');
  writeFileSync(join(from, 'src/run.sh'), '#!/bin/sh', { mode: 0o755 });
  symlinkSync('index.html', join(from, 'home.html'));
  await create({ cwd: from, file: join(folder, 'a.tgz'), gzip: true }, ['.']);
  const target = await unpack(readFileSync(join(folder, 'a.tgz')));
  expect(readdirSync(target).sort()).toEqual(['home.html', 'index.html', 'src']);
  expect(readFileSync(join(target, 'home.html'), 'utf8')).toBe('hello');
});

test('unpacks a zip, keeps what may be run, and takes off a single folder at the top', async () => {
  const target = await unpack(
    zip([
      { name: 'garden/' },
      { name: 'garden/run.sh', text: '#!/bin/sh', mode: 0o100755 },
      { name: 'garden/a.txt', text: 'a' },
    ]),
  );
  expect(readdirSync(target).sort()).toEqual(['a.txt', 'run.sh']);
  expect(statSync(join(target, 'run.sh')).mode & 0o111).not.toBe(0);
});

test.each([
  [
    'tar',
    () =>
      tar([
        { path: 'run', text: 'x', mode: 0o6777 },
        { path: 'd', type: 'Directory', mode: 0o7777 },
      ]),
  ],
  [
    'zip',
    () =>
      zip([
        { name: 'run', text: 'x', mode: 0o106777 },
        { name: 'd/', mode: 0o047777 },
      ]),
  ],
])('gives nobody rights by modes of a %s', async (_kind, make) => {
  const target = await unpack(make());
  expect(statSync(join(target, 'run')).mode & (setUid | 0o2000 | writableByAll)).toBe(0);
  expect(statSync(join(target, 'd')).mode & (setUid | 0o2000 | writableByAll)).toBe(0);
});

const ok = { path: 'a.txt', text: 'a' };
test.each<[string, TarEntry[]]>([
  ['a path that leads out', [ok, { path: '../out.txt', text: 'x' }]],
  ['a path that leads out in the middle', [ok, { path: 'a/../../out.txt', text: 'x' }]],
  ['an absolute path', [ok, { path: '/tmp/steading-out.txt', text: 'x' }]],
  ['a backslash', [ok, { path: '..\\out.txt', text: 'x' }]],
  ['a link that leads out', [ok, { path: 'l', type: 'SymbolicLink', linkpath: '../../etc' }]],
  ['an absolute link', [ok, { path: 'l', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
  [
    'a file through a link',
    [
      { path: 'l', type: 'SymbolicLink', linkpath: '..' },
      { path: 'l/out.txt', text: 'x' },
    ],
  ],
  ['a hard link that leads out', [ok, { path: 'h', type: 'Link', linkpath: '../../etc/passwd' }]],
  ['an absolute hard link', [ok, { path: 'h', type: 'Link', linkpath: '/etc/passwd' }]],
  [
    'a link that leads out through another link',
    [
      { path: 'a/b/c/up', type: 'SymbolicLink', linkpath: '../../..' },
      { path: 'leak', type: 'SymbolicLink', linkpath: 'a/b/c/up/../../../etc/passwd' },
    ],
  ],
  [
    'a link that leads out through a link that comes later',
    [
      { path: 'leak', type: 'SymbolicLink', linkpath: 'a/b/c/up/../etc' },
      { path: 'a/b/c/up', type: 'SymbolicLink', linkpath: '../../..' },
    ],
  ],
  [
    'a link that becomes one by another case',
    [
      { path: 'Way', type: 'SymbolicLink', linkpath: '..' },
      { path: 'way/out.txt', text: 'x' },
    ],
  ],
  [
    'a hard link to its own link',
    [
      { path: 'l', type: 'SymbolicLink', linkpath: '/etc' },
      { path: 'h', type: 'Link', linkpath: 'l' },
    ],
  ],
  ['a name that is a parent in other signs', [ok, { path: 'a/\u002e\u002e/\u002e\u002e/out.txt', text: 'x' }]],
  ['a character device', [ok, { path: 'null', type: 'CharacterDevice' }]],
  ['a block device', [ok, { path: 'disk', type: 'BlockDevice' }]],
  ['a pipe', [ok, { path: 'pipe', type: 'FIFO' }]],
  ['a control character', [ok, { path: 'a\u0007', text: 'x' }]],
  ['nothing', []],
])('refuses a tar with %s, and leaves nothing', async (_what, entries) => {
  await expect(unpack(tar(entries))).rejects.toMatchObject({ name: 'ArchiveProblem' });
  expect(readdirSync(folder)).toEqual(['upload']);
});

test.each<[string, ZipEntry[]]>([
  ['a path that leads out', [{ name: '../out.txt', text: 'x' }]],
  ['an absolute path', [{ name: '/out.txt', text: 'x' }]],
  ['a drive', [{ name: 'C:/out.txt', text: 'x' }]],
  ['a backslash', [{ name: '..\\out.txt', text: 'x' }]],
  ['a link', [{ name: 'l', text: '/etc/passwd', mode: 0o120777 }]],
  ['a device', [{ name: 'd', mode: 0o020666 }]],
  [
    'the same name twice',
    [
      { name: 'a', text: '1' },
      { name: 'a', text: '2' },
    ],
  ],
  ['a size that is a lie', [{ name: 'a', text: Buffer.alloc(5_000_000), claimedSize: 10 }]],
  ['nothing', []],
])('refuses a zip with %s, and leaves nothing', async (_what, entries) => {
  await expect(unpack(zip(entries))).rejects.toMatchObject({ name: 'ArchiveProblem' });
  expect(readdirSync(folder)).toEqual(['upload']);
});

test.each([
  ['tar', () => tar([{ path: 'zeros', text: '\0'.repeat(40_000_000) }])],
  ['zip', () => zip([{ name: 'zeros', text: Buffer.alloc(40_000_000) }])],
])('refuses a bomb in %s by its ratio', async (_kind, make) => {
  await expect(unpack(make())).rejects.toMatchObject({
    tooLarge: true,
    message: expect.stringContaining('times its size'),
  });
  expect(readdirSync(folder)).toEqual(['upload']);
});

test('refuses endless padding after the end of a tar', async () => {
  const bytes = gzipSync(Buffer.concat([Buffer.alloc(60_000_000)]));
  await expect(unpack(bytes)).rejects.toMatchObject({ name: 'ArchiveProblem' });
});

test.each([
  ['tar', () => tar(Array.from({ length: 50 }, (_, i) => ({ path: `f${i}`, text: 'x' })))],
  ['zip', () => zip(Array.from({ length: 50 }, (_, i) => ({ name: `f${i}`, text: 'x' })))],
])('refuses too many files in %s', async (_kind, make) => {
  await expect(unpack(make(), { maxEntries: 49 })).rejects.toMatchObject({ tooLarge: true });
});

test.each([
  ['tar', () => tar([{ path: 'a', text: 'x'.repeat(2000) }])],
  ['zip', () => zip([{ name: 'a', text: 'x'.repeat(2000) }])],
])('refuses too many bytes in %s', async (_kind, make) => {
  await expect(unpack(make(), { maxUnpackedBytes: 1000 })).rejects.toMatchObject({ tooLarge: true });
});

test.each([
  ['text', Buffer.from('hello')],
  ['an empty file', Buffer.alloc(0)],
  ['a torn tar', tar([{ path: 'a', text: 'x'.repeat(5000) }]).subarray(0, 60)],
  ['a torn zip', zip([{ name: 'a', text: 'x' }]).subarray(0, 40)],
  ['gzip of noise', gzipSync(Buffer.from('no tar at all'.repeat(100)))],
])('refuses %s', async (_what, bytes) => {
  await expect(unpack(bytes)).rejects.toMatchObject({ name: 'ArchiveProblem' });
  expect(readdirSync(folder)).toEqual(['upload']);
});
