import { Readable } from 'node:stream';
import { Parser, type ReadEntry as TheirEntry } from 'tar';
import { expect, test } from 'vitest';
import { fileEntry, readTar, type WrittenEntry, writeTar } from '#src/archive/tar.ts';

const at = new Date('2026-01-02T03:04:05Z');
const long = `${'deep/'.repeat(60)}ünd-${'n'.repeat(120)}.txt`;

function entries(): WrittenEntry[] {
  const plain = { mode: 0o755, uid: 60_001, gid: 60_001, mtime: at, size: 0 };
  return [
    { ...plain, path: 'files/a', type: 'Directory' },
    { ...fileEntry('files/a/one', 'x'.repeat(513), at), uid: 3_000_000 },
    fileEntry(long, 'far away', at),
    { ...plain, path: 'files/a/link', type: 'SymbolicLink', linkpath: `../${long}` },
    fileEntry('empty', '', at),
    { ...fileEntry('shrunk', 'only this', at), size: 1_000 },
  ];
}

test('what is written is read again, as written, in pieces of any size', async () => {
  const bytes = Buffer.concat(await Readable.from(writeTar(Readable.from(entries()))).toArray());
  const seen: unknown[] = [];
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += 777) yield bytes.subarray(from, from + 777);
  }
  for await (const { content, ...entry } of readTar(pieces()))
    seen.push({
      ...entry,
      text:
        entry.path === 'files/a/one' ? '' : Buffer.concat(await Readable.from(content).toArray()).toString('latin1'),
    });
  const wanted = entries().map(({ content: _, ...entry }) => entry);
  expect(seen).toMatchObject(wanted);
  expect(seen[2]).toMatchObject({ text: 'far away' });
  expect((seen[5] as { text: string }).text).toBe(`only this${'\0'.repeat(991)}`);
});

test('the tar library reads it', async () => {
  const paths: string[] = [];
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: TheirEntry) => {
      paths.push(entry.path);
      entry.resume();
    },
  });
  const ended = new Promise((resolve, reject) => parser.once('end', resolve).once('error', reject));
  for await (const piece of writeTar(Readable.from(entries()))) parser.write(piece);
  parser.end();
  await ended;
  expect(paths).toEqual(
    ['files/a/', 'files/a/one', long, 'files/a/link', 'empty', 'shrunk'].map((path) =>
      path === 'files/a/' ? expect.stringMatching(/^files\/a\/?$/) : path,
    ),
  );
});

test('one that is cut off is refused', async () => {
  const bytes = Buffer.concat(await Readable.from(writeTar(Readable.from(entries()))).toArray());
  for (const length of [0, 100, 512, 1_400, bytes.length - 1_024]) {
    const read = async () => {
      for await (const { content } of readTar(Readable.from([bytes.subarray(0, length)])))
        for await (const _ of content);
    };
    await expect(read(), `${length}`).rejects.toThrow(/cut off/);
  }
});
