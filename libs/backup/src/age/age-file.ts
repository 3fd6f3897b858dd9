/**
 * Files that only chosen keys open, in the format of age v1 (C2SP/age.md) with X25519 recipients, on Node's own
 * ciphers: the JavaScript library does 25 MB/s where these do 150, and would hold the house up meanwhile.
 *
 * The payload is cut into pieces of 64 KiB, each sealed by ChaCha20-Poly1305 under a nonce that counts, with a mark on
 * the last one (the STREAM construction): a piece that was changed, left out, repeated, moved or cut off is noticed
 * before a byte of it is handed on.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readHeader, writeHeader } from '#src/age/header.ts';
import { derive, type Identity, type Recipient } from '#src/age/keys.ts';
import { readBytes } from '#src/archive/byte-reader.ts';
import { BackupProblem } from '#src/backup-problem.ts';

const pieceBytes = 65_536;
const tagBytes = 16;
const nonceBytes = 16;
const maxHeaderBytes = 16_384;

export async function* encrypt(
  plain: AsyncIterable<Uint8Array>,
  recipients: readonly Recipient[],
): AsyncGenerator<Buffer> {
  const fileKey = randomBytes(16);
  const nonce = randomBytes(nonceBytes);
  yield Buffer.concat([writeHeader(fileKey, recipients), nonce]);
  const key = derive(fileKey, nonce, 'payload');
  const bytes = readBytes(plain);
  for (let count = 0, last = false; !last; count++) {
    const piece = await bytes.take(pieceBytes);
    last = await bytes.ended();
    const cipher = createCipheriv('chacha20-poly1305', key, pieceNonce(count, last), { authTagLength: tagBytes });
    const text = cipher.update(piece);
    cipher.final();
    yield text;
    yield cipher.getAuthTag();
  }
}

/** @throws BackupProblem when no identity opens it, or it is not whole. */
export async function* decrypt(
  sealed: AsyncIterable<Uint8Array>,
  identities: readonly Identity[],
): AsyncGenerator<Buffer> {
  const bytes = readBytes(sealed);
  const fileKey = await openHeader(bytes, identities);
  const nonce = await bytes.take(nonceBytes);
  if (nonce.length < nonceBytes) throw cutOff();
  const key = derive(fileKey, nonce, 'payload');
  for (let count = 0, last = false; !last; count++) {
    const piece = await bytes.take(pieceBytes + tagBytes);
    last = await bytes.ended();
    if (piece.length < tagBytes || (piece.length === tagBytes && count > 0)) throw cutOff();
    const cipher = createDecipheriv('chacha20-poly1305', key, pieceNonce(count, last), { authTagLength: tagBytes });
    cipher.setAuthTag(piece.subarray(-tagBytes));
    const text = cipher.update(piece.subarray(0, -tagBytes));
    try {
      cipher.final();
    } catch (error) {
      throw last ? cutOff(error) : changed(error);
    }
    yield text;
  }
}

async function openHeader(bytes: ReturnType<typeof readBytes>, identities: readonly Identity[]): Promise<Buffer> {
  let fileKey: Buffer | undefined;
  try {
    fileKey = readHeader(await headerText(bytes)).open(identities);
  } catch (error) {
    if (error instanceof BackupProblem) throw error;
    if ((error as Error).message === 'the header was changed') throw changed(error);
    throw new BackupProblem('This is not a back-up of a Steading house. Check the name.', error);
  }
  if (!fileKey)
    throw new BackupProblem(
      'This key does not open this back-up. Use the recovery key that belonged to it when it was made.',
    );
  return fileKey;
}

/** Up to the end of the line that begins with `---`. */
async function headerText(bytes: ReturnType<typeof readBytes>): Promise<string> {
  let text = '';
  while (text.length < maxHeaderBytes) {
    const byte = await bytes.take(1);
    if (byte.length === 0) break;
    text += byte.toString('latin1');
    if (text.endsWith('\n') && /\n--- [^\n]*\n$/.test(text)) return text;
  }
  throw new Error('not an age file');
}

/** 11 bytes that count, one that says whether it is the last. */
function pieceNonce(count: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function changed(cause?: unknown): BackupProblem {
  return new BackupProblem('The back-up was changed or is damaged. Nothing of it is used: take another one.', cause);
}

function cutOff(cause?: unknown): BackupProblem {
  return new BackupProblem(
    'The back-up is cut off or damaged at its end. Nothing of it is used: take another one.',
    cause,
  );
}
