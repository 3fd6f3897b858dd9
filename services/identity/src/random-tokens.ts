import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';

/** 256 random bits in base64url: what a cookie or a link carries. Only its hash is stored. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function sha256(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(text).digest();
}

export function hmac(key: Buffer, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Consonants only, so that no word comes out (RFC 8628, section 6.1): 20^8 is 34 bits. */
const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ';

/** `WDJB-MJHT`: shown on one screen, typed on another. */
export function newUserCode(): string {
  const letters = Array.from({ length: 8 }, () => userCodeLetters[randomInt(userCodeLetters.length)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

/** What a person typed, as it is stored; undefined where it cannot be a code. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, '');
  if (letters.length !== 8) return undefined;
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** Ten characters of base 36: finds the row; carries no secret. */
export function newTokenPrefix(): string {
  return Array.from({ length: 10 }, () => randomInt(36).toString(36)).join('');
}
