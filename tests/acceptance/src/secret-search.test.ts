import { expect, test } from 'vitest';
import { findIn } from '#src/secret-search.ts';

const secret = 'canary-<"secret">&+/ü~_31415926';
const bytes = Buffer.from(secret);
const found = ['it in here'];

test.each<[form: string, text: string | Buffer]>([
  ['itself', `x${secret}y`],
  ['base64', bytes.toString('base64')],
  ['base64 in the middle of other bytes', Buffer.from(`user:${secret}:more`).toString('base64')],
  ['base64 behind two bytes', Buffer.from(`ab${secret}`).toString('base64')],
  ['base64 of addresses', Buffer.from(`a${secret}bc`).toString('base64url')],
  ['hexadecimal', bytes.toString('hex')],
  ['hexadecimal in capitals', bytes.toString('hex').toUpperCase()],
  ['a part of an address', encodeURIComponent(secret)],
  [
    'a form',
    secret.replace(
      /[^A-Za-z0-9]/gu,
      (sign) =>
        `%${Buffer.from(sign)
          .toString('hex')
          .toUpperCase()
          .replace(/(..)(..)/, '$1%$2')}`,
    ),
  ],
  ['JSON', JSON.stringify({ secret })],
])('finds a secret as %s', (_form, text) => {
  expect(findIn('here', Buffer.from(text as string), new Map([['it', secret]]))).toEqual(found);
});

test('finds nothing where there is nothing', () => {
  const other = Buffer.from(`canary-other ${Buffer.from('canary-other').toString('base64')}`);
  expect(findIn('here', other, new Map([['it', secret]]))).toEqual([]);
});
