/**
 * A tar as a stream in both directions, with bounded memory: `tar`'s codec of headers, and nothing of its file system.
 * Any tar reads what comes out (POSIX pax).
 */
import { Header, type HeaderData, Pax } from 'tar';
import { readBytes } from '#src/archive/byte-reader.ts';

export type EntryType = 'File' | 'Directory' | 'SymbolicLink';

export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  /** Of the content; 0 for folders and links. */
  readonly size: number;
  /** Where a link points. */
  readonly linkpath?: string;
}

/** What to write. A content that is shorter than `size` is filled with zeros, a longer one cut: files may move on. */
export interface WrittenEntry extends Entry {
  readonly content?: AsyncIterable<Uint8Array>;
}

export interface ReadEntry extends Entry {
  /** Read before the next entry is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

const blockBytes = 512;
const end = Buffer.alloc(2 * blockBytes);

/** A file of text or bytes in memory. */
export function fileEntry(path: string, content: Buffer | string, mtime: Date): WrittenEntry {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, type: 'File', mode: 0o600, uid: 0, gid: 0, mtime, size: bytes.length, content: once(bytes) };
}

export async function* writeTar(entries: AsyncIterable<WrittenEntry>): AsyncGenerator<Buffer> {
  for await (const entry of entries) {
    yield encodeHeader(entry);
    let left = entry.size;
    for await (const piece of entry.content ?? []) {
      const part = left < piece.length ? piece.subarray(0, left) : piece;
      left -= part.length;
      if (part.length > 0) yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    }
    for (; left > 0; left -= Math.min(left, 65_536)) yield Buffer.alloc(Math.min(left, 65_536));
    const over = entry.size % blockBytes;
    if (over > 0) yield Buffer.alloc(blockBytes - over);
  }
  yield end;
}

/** @throws when it is not a whole tar. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadEntry> {
  const bytes = readBytes(source);
  let more: HeaderData | undefined;
  for (;;) {
    const block = await bytes.take(blockBytes);
    if (block.length < blockBytes) throw new Error('the archive is cut off');
    const header = new Header(block, 0);
    if (header.nullBlock) break;
    if (!header.cksumValid) throw new Error('the archive is damaged');
    const size = more?.size ?? header.size ?? 0;
    if (header.type === 'ExtendedHeader') {
      more = Pax.parse((await bytes.take(padded(size))).subarray(0, size).toString('utf8'), {});
      continue;
    }
    const entry = entryOf(header, { ...more, size });
    more = undefined;
    let left = size;
    async function* content(): AsyncGenerator<Buffer> {
      while (left > 0) {
        const part = await bytes.some(left);
        if (part.length === 0) throw new Error('the archive is cut off');
        left -= part.length;
        yield part;
      }
    }
    yield { ...entry, content: content() };
    for await (const _ of content());
    await bytes.take(padded(size) - size);
  }
  // To its very end, so that whoever is behind notices what is wrong there.
  while ((await bytes.some(65_536)).length > 0);
}

/** `more` is what did not fit into the header: it wins. */
function entryOf(header: Header, more: HeaderData & { size: number }): Entry {
  const { type } = header;
  if (type !== 'File' && type !== 'Directory' && type !== 'SymbolicLink')
    throw new Error(`the archive has an entry of the type ${type}`);
  const linkpath = more.linkpath ?? header.linkpath;
  return {
    path: (more.path ?? header.path ?? '').replace(/\/$/, ''),
    type,
    mode: header.mode ?? 0,
    uid: more.uid ?? header.uid ?? 0,
    gid: more.gid ?? header.gid ?? 0,
    mtime: more.mtime ?? header.mtime ?? new Date(0),
    size: more.size,
    ...(linkpath && { linkpath }),
  };
}

function encodeHeader(entry: WrittenEntry): Buffer {
  const { content: _, ...told } = entry;
  const header = new Header(told);
  const block = Buffer.alloc(blockBytes);
  if (!header.encode(block, 0)) return block;
  return Buffer.concat([new Pax({ ...told, mtime: entry.mtime }).encode(), block]);
}

function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
