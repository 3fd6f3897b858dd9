import { randomFillSync } from 'node:crypto';

/** `app_01k…`: a short prefix that names the kind, then a UUIDv7 in Crockford's base 32 (26 characters). */
export type Id<Prefix extends string = string> = `${Prefix}_${string}`;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const shape = /^[a-z]{2,6}_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

let lastMs = 0;
let sequence = 0;

/**
 * A new id. Ids made by one process sort in the order they were made (UUIDv7, RFC 9562, with the
 * 12 bits of `rand_a` used as a counter within a millisecond); two processes never make the same.
 */
export function newId<const Prefix extends string>(prefix: Prefix, nowMs: number = Date.now()): Id<Prefix> {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  const bytes = takeRandom();
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes[6] = 0x70 | (sequence >> 8);
  bytes[7] = sequence & 0xff;
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return `${prefix}_${encode(bytes)}`;
}

/** Whether a text is an id of this kind. Says nothing about whether the thing exists. */
export function isId<const Prefix extends string>(prefix: Prefix, text: unknown): text is Id<Prefix> {
  return typeof text === 'string' && text.startsWith(`${prefix}_`) && shape.test(text);
}

/** When an id was made, in milliseconds since 1970. */
export function idTime(id: Id): number {
  let value = 0n;
  for (const letter of id.slice(id.indexOf('_') + 1)) value = (value << 5n) | BigInt(alphabet.indexOf(letter));
  return Number(value >> 80n);
}

/** `req_…`: named on every answer, log line and event that one request led to. */
export function newRequestId(): string {
  return newId('req');
}

/** Random bytes are drawn for many ids at once: a draw costs as much as some fifty ids. */
const pool = Buffer.alloc(16 * 128);
let taken = pool.length;

function takeRandom(): Buffer {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  return pool.subarray(taken, (taken += 16));
}

/** 128 bits in 26 letters of five bits each, the first of which has two zeros in front. */
function encode(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 2;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
