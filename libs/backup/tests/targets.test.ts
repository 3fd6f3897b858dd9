import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openFolderTarget } from '#src/target/folder-target.ts';
import { openTarget } from '#src/target/open-target.ts';
import { openS3Target } from '#src/target/s3-target.ts';
import type { BackupTarget } from '#src/target/target.ts';
import { type S3Double, s3Key, startS3Double } from './s3-double.ts';

const name = (time: number, house = '0badf00d') => `steading-${house}-2026010${time}T000000000Z.tar.zst.age`;
const never = new AbortController().signal;
const partBytes = 5 << 20;
const inPieces = (bytes: Buffer) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 65_000) }, (_, at) => bytes.subarray(at * 65_000, (at + 1) * 65_000)),
  );
const read = async (target: BackupTarget, of: string) =>
  Buffer.concat(await Readable.from(target.read(of, never)).toArray());

let s3: S3Double;
let folder: string;
beforeAll(async () => {
  s3 = await startS3Double('kept');
  folder = mkdtempSync(join(tmpdir(), 'steading-targets-'));
});
afterAll(async () => {
  await s3?.close();
  rmSync(folder, { recursive: true, force: true });
});

const bucket = (more: Partial<Parameters<typeof openS3Target>[0]> = {}) =>
  openS3Target({
    endpoint: s3.endpoint,
    region: 'eu-1',
    bucket: 'kept',
    prefix: 'a house/b',
    partBytes,
    ...s3Key,
    ...more,
  });

describe.each([
  ['a folder', () => openFolderTarget(join(folder, 'kept'))],
  ['a bucket', () => bucket()],
])('%s', (_, open) => {
  test('keeps what it is given, of any size, and lists it in order', async () => {
    const target = open();
    expect(await target.list(never)).toEqual([]);
    for (const [time, size] of [
      [3, partBytes],
      [1, 0],
      [2, 2 * partBytes + 12_345],
    ] as const) {
      const bytes = randomBytes(size);
      expect(await target.write(name(time), inPieces(bytes), never)).toBe(size);
      expect((await read(target, name(time))).equals(bytes)).toBe(true);
    }
    expect(await target.list(never)).toEqual([
      { name: name(1), bytes: 0 },
      { name: name(2), bytes: 2 * partBytes + 12_345 },
      { name: name(3), bytes: partBytes },
    ]);
    for (const time of [1, 2, 3]) await target.remove(name(time), never);
    expect(await target.list(never)).toEqual([]);
    await expect(read(target, name(1))).rejects.toThrow(/There is no/);
  });

  test('keeps nothing of what broke off, and clears away what a killed one left of this house', async () => {
    const target = open();
    async function* broken() {
      yield randomBytes(partBytes + 10);
      throw new Error('broke off');
    }
    await expect(target.write(name(4), broken(), never)).rejects.toThrow('broke off');
    expect(await target.list(never)).toEqual([]);
    await target.clearRemains('0badf00d', never);
  });
});

describe('a bucket', () => {
  beforeEach(() => {
    s3.failures = 0;
    s3.refused = 0;
  });

  test('is asked again when it is busy', async () => {
    s3.failures = 2;
    await bucket().write(name(5), inPieces(randomBytes(1_000)), never);
    s3.failures = 3;
    expect(await read(bucket(), name(5))).toHaveLength(1_000);
    expect(s3.refused).toBe(0);
    await bucket().remove(name(5), never);
  });

  test('is told about uploads that a killed one left, of this house only', async () => {
    const left = (house: string) => ({ key: `a house/b/${name(6, house)}`, parts: new Map<number, Buffer>() });
    s3.uploads.set('one', left('0badf00d')).set('two', left('00000000'));
    await bucket().clearRemains('0badf00d', never);
    expect([...s3.uploads.keys()]).toEqual(['two']);
  });

  test.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, /refuses \(SignatureDoesNotMatch\)\. Check the access key/],
    ['no such bucket', { bucket: 'other' }, /There is no bucket/],
    ['nobody there', { endpoint: 'http://127.0.0.1:9' }, /cannot be reached at http:\/\/127\.0\.0\.1:9/],
  ])('%s: said in words', async (_, wrong, words) => {
    await expect(bucket(wrong).write(name(7), inPieces(Buffer.from('x')), never)).rejects.toThrow(words);
  });

  test('needs its settings, and a folder must be absolute', () => {
    expect(() => openTarget({ to: 's3://kept/x' })).toThrow(/STEADING_BACKUP_S3_ENDPOINT/);
    expect(() => openTarget({ to: 'here' })).toThrow(/absolute path/);
    expect(openTarget({ to: 's3://kept/x/', s3: { endpoint: 'http://x', ...s3Key } }).text).toBe('s3://kept/x');
  });
});
