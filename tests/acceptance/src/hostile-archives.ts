import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface TarEntry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly text?: string;
}

/** A tar.gz made by hand: libraries would not write most of what is sent here. */
export function tarball(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', linkpath = '', text = '' }) => {
    const body = Buffer.from(text);
    const block = Buffer.alloc(512);
    const owner = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };
    new Header({ path, type, linkpath, size: body.length, ...owner }).encode(block);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export interface ZipEntry {
  readonly name: string;
  readonly text?: string | Buffer;
  /** Unix mode with the kind of file. */
  readonly mode?: number;
  readonly claimedBytes?: number;
}

export function zipped(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, text = '', mode = 0o100644, claimedBytes } of entries) {
    const plain = Buffer.from(text);
    const packed = deflateRawSync(plain);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    for (const [at, value] of [
      [4, 20],
      [8, 8],
      [26, Buffer.byteLength(name)],
    ] as const)
      local.writeUInt16LE(value, at);
    local.writeUInt32LE(crc32(plain), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimedBytes ?? plain.length, 22);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE((3 << 8) | 20, 4);
    local.copy(head, 6, 4, 30);
    head.writeUInt32LE((mode << 16) >>> 0, 38);
    head.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    central.push(head, Buffer.from(name));
    offset += local.length + Buffer.byteLength(name) + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(central).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...central, end]);
}

const index = { path: 'index.html', text: 'hello' };
const bomb = Buffer.alloc(64 * 1024 * 1024);

/** Archives that must be refused, by what is wrong with them. */
export const hostileArchives: Readonly<Record<string, () => Buffer>> = {
  'a tar that climbs out': () => tarball([index, { path: '../../outside.txt', text: 'out' }]),
  'a tar with an absolute path': () => tarball([index, { path: '/tmp/steading-outside.txt', text: 'out' }]),
  'a tar with a link out': () => tarball([index, { path: 'leak', type: 'SymbolicLink', linkpath: '/etc/passwd' }]),
  'a tar with a relative link out': () =>
    tarball([index, { path: 'a/leak', type: 'SymbolicLink', linkpath: '../../../../etc/passwd' }]),
  'a tar with a hard link out': () => tarball([index, { path: 'leak', type: 'Link', linkpath: '../../house.log' }]),
  'a tar that writes through its own link': () =>
    tarball([index, { path: 'way', type: 'SymbolicLink', linkpath: '..' }, { path: 'way/outside.txt', text: 'out' }]),
  'a tar with a device': () => tarball([index, { path: 'null', type: 'CharacterDevice' }]),
  'a tar with a pipe': () => tarball([index, { path: 'pipe', type: 'FIFO' }]),
  'a tar that unpacks to very much': () => gzipSync(Buffer.concat([tarOf(bomb), Buffer.alloc(1024)])),
  'a tar that is cut off': () => tarball([index, { path: 'b', text: 'x'.repeat(4000) }]).subarray(0, 90),
  'a tar of nothing': () => gzipSync(Buffer.alloc(1024)),
  'a zip that climbs out': () => zipped([{ name: '../../outside.txt', text: 'out' }]),
  'a zip with backslashes': () => zipped([{ name: '..\\..\\outside.txt', text: 'out' }]),
  'a zip with an absolute path': () => zipped([{ name: '/tmp/steading-outside.txt', text: 'out' }]),
  'a zip with a link': () => zipped([{ name: 'leak', text: '/etc/passwd', mode: 0o120777 }]),
  'a zip that unpacks to very much': () => zipped([{ name: 'big', text: bomb }]),
  'a zip that lies about its size': () => zipped([{ name: 'big', text: bomb, claimedBytes: 10 }]),
  'a zip with a file that is a folder too': () =>
    zipped([
      { name: 'index.html', text: 'a' },
      { name: 'index.html/more', text: 'b' },
    ]),
  'a zip with a name twice': () =>
    zipped([
      { name: 'index.html', text: 'a' },
      { name: 'index.html', text: 'b' },
    ]),
  'a zip whose end is missing': () => zipped([{ name: 'index.html', text: 'a' }]).subarray(0, 60),
  'no archive at all': () => Buffer.from('#!/bin/sh\nid\n'),
  nothing: () => Buffer.alloc(0),
};

function tarOf(content: Buffer): Buffer {
  const block = Buffer.alloc(512);
  new Header({ path: 'big', type: 'File', size: content.length, mode: 0o644, mtime: new Date(0) }).encode(block);
  return Buffer.concat([block, content]);
}
