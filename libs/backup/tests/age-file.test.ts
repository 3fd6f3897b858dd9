import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { decrypt, encrypt } from '#src/age/age-file.ts';
import { newSecretKey, parseIdentity, parseRecipient } from '#src/age/keys.ts';

const key = newSecretKey();
const identity = parseIdentity(key);
const other = parseIdentity(newSecretKey());

/** The bytes, in pieces that do not care where a sealed piece ends. */
async function* inPieces(bytes: Uint8Array, size = 10_007): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Readable.from(pieces).toArray());
}

const sealed = (plain: Uint8Array) => all(encrypt(inPieces(plain), [other.recipient, identity.recipient]));
const opened = (bytes: Uint8Array, by = identity) => all(decrypt(inPieces(bytes), [by]));

test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])('%i bytes come back, for each recipient', async (size) => {
  const plain = randomBytes(size);
  const bytes = await sealed(plain);
  expect(await opened(bytes)).toEqual(plain);
  expect(await opened(bytes, other)).toEqual(plain);
});

test.each([0, 65_536, 100_001])('another implementation of age opens %i bytes, and we open its', async (size) => {
  const plain = randomBytes(size);
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  expect(Buffer.from(await decrypter.decrypt(await sealed(plain)))).toEqual(plain);
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(await generateX25519Identity()));
  encrypter.addRecipient(identity.recipient.text);
  expect(await opened(await encrypter.encrypt(new Uint8Array(plain)))).toEqual(plain);
});

test('its keys are ours and ours are its', async () => {
  const theirs = await generateX25519Identity();
  expect(parseIdentity(`# made today\n${theirs}\n`).recipient.text).toBe(await identityToRecipient(theirs));
  expect(await identityToRecipient(key)).toBe(identity.recipient.text);
  expect(parseRecipient(identity.recipient.text).raw).toEqual(identity.recipient.raw);
  expect(() => parseIdentity(identity.recipient.text)).toThrow();
  expect(() => parseIdentity(`${key.slice(0, -1)}${key.endsWith('Q') ? 'P' : 'Q'}`)).toThrow();
});

test('a key that it was not made for opens nothing', async () => {
  await expect(opened(await sealed(randomBytes(10)), parseIdentity(newSecretKey()))).rejects.toThrow(/does not open/);
});

test('a byte that was changed anywhere, and an end that is missing, are noticed', async () => {
  const bytes = await sealed(randomBytes(150_000));
  const body = bytes.indexOf('\n---') + 5;
  for (const at of [30, 60, body, body + 20, body + 50, body + 70_000, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(opened(changed), `byte ${at}`).rejects.toThrow(/damaged|does not open|not a back-up/);
  }
  for (const length of [0, 20, body + 10, body + 70, body + 61 + 65_552, body + 61 + 2 * 65_552, bytes.length - 1])
    await expect(opened(bytes.subarray(0, length)), `${length} bytes`).rejects.toThrow(/damaged|cut off|not a back-up/);
});

test('pieces that were moved, repeated or added are noticed', async () => {
  const bytes = await sealed(randomBytes(200_000));
  const start = bytes.length - 200_000 - 4 * 16;
  const piece = (index: number) => bytes.subarray(start + index * 65_552, start + (index + 1) * 65_552);
  const with_ = (...pieces: Buffer[]) => Buffer.concat([bytes.subarray(0, start), ...pieces]);
  expect(await opened(with_(piece(0), piece(1), piece(2), piece(3)))).toHaveLength(200_000);
  for (const pieces of [
    [piece(1), piece(0), piece(2), piece(3)],
    [piece(0), piece(0), piece(1), piece(2), piece(3)],
    [piece(0), piece(2), piece(3)],
    [piece(0), piece(1), piece(2), piece(3), piece(3)],
  ])
    await expect(opened(with_(...pieces))).rejects.toThrow(/damaged/);
});
