import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { bech32 } from '@scure/base';

/*
 * X25519 keys as age writes them (https://age-encryption.org/v1, C2SP/age.md): Bech32, `AGE-SECRET-KEY-1…` for what
 * opens and `age1…` for what only closes. So a back-up can be opened with the `age` tool too.
 */

const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** What closes: may lie anywhere. */
export interface Recipient {
  readonly text: string;
  readonly raw: Buffer;
}

/** What opens. */
export interface Identity {
  readonly recipient: Recipient;
  agree(otherPublic: Buffer): Buffer;
}

export function newSecretKey(): string {
  const { privateKey } = generateKeyPairSync('x25519');
  const raw = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(privatePrefix.length);
  return bech32.encodeFromBytes('age-secret-key-', raw).toUpperCase();
}

/** @throws when the text is no such key. */
export function parseIdentity(text: string): Identity {
  const line = text
    .split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '' && !each.startsWith('#'));
  const { prefix, bytes } = bech32.decodeToBytes((line ?? '').toLowerCase());
  if (prefix !== 'age-secret-key-' || bytes.length !== 32) throw new Error('not an age secret key');
  return identityFrom(Buffer.from(bytes));
}

/** The identity with these 32 bytes as its private key. */
export function identityFrom(raw: Buffer): Identity {
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, raw]), format: 'der', type: 'pkcs8' });
  return { recipient: recipientFrom(rawPublic(createPublicKey(key))), agree: (other) => agree(key, other) };
}

/** @throws when the text is no such key. */
export function parseRecipient(text: string): Recipient {
  const { prefix, bytes } = bech32.decodeToBytes(text.trim());
  if (prefix !== 'age' || bytes.length !== 32) throw new Error('not an age recipient');
  return recipientFrom(Buffer.from(bytes));
}

/** A pair for one message: its public half, and what it agrees on with `recipient`. */
export function agreeOnce(recipient: Recipient): { share: Buffer; secret: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { share: rawPublic(publicKey), secret: agree(privateKey, recipient.raw) };
}

export function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

function recipientFrom(raw: Buffer): Recipient {
  return { raw, text: bech32.encodeFromBytes('age', raw) };
}

/** @throws where the other half is a point of low order. */
function agree(privateKey: KeyObject, otherPublic: Buffer): Buffer {
  const publicKey = createPublicKey({ key: Buffer.concat([publicPrefix, otherPublic]), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey, publicKey });
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(publicPrefix.length);
}
