import { expect, it } from 'vitest';
import { readCredential, sessionCookieName } from '#src/caller/credentials.ts';

const overTls = sessionCookieName('https://house.example.org');
const plain = sessionCookieName('http://localhost:4600');

it('takes over TLS only the cookie that no sibling subdomain can set', () => {
  expect(readCredential(undefined, 'steading_session=tossed', overTls)).toEqual({});
  expect(readCredential(undefined, 'steading_session=tossed; __Host-steading_session=own', overTls)).toEqual({
    session: 'own',
  });
  expect(readCredential(undefined, 'steading_session=own', plain)).toEqual({ session: 'own' });
});

it('takes a token before a cookie, and a broken one for broken', () => {
  const token = `stg_abcd1234_${'s'.repeat(32)}`;
  expect(readCredential(`Bearer ${token}`, `${plain}=x`, plain)).toMatchObject({ bearer: { prefix: 'abcd1234' } });
  expect(readCredential('Bearer stg_', `${plain}=x`, plain)).toEqual({ bearer: 'malformed' });
  expect(readCredential('Bearer dhk_other', `${plain}=x`, plain)).toEqual({ session: 'x' });
});

it('takes two cookies of the name for none: a sibling subdomain may have set either', () => {
  expect(readCredential(undefined, `${plain}=tossed; ${plain}=own`, plain)).toEqual({ ambiguous: true });
  expect(readCredential(undefined, `${plain}=own; other=1; ${plain}=own`, plain)).toEqual({ ambiguous: true });
  expect(readCredential(undefined, `x${plain}=tossed; ${plain}=own`, plain)).toEqual({ session: 'own' });
  expect(readCredential(undefined, `other=${plain}=tossed; ${plain}=own`, plain)).toEqual({ session: 'own' });
});

it.each([
  ['a space that only Unicode knows', `\u00a0${overTls}=tossed`],
  ['a byte that is no letter', `\u0085${overTls}=tossed`],
  ['an old version mark', `$Version=1,${overTls}=tossed`],
  ['another case', `${overTls.toLowerCase()}=tossed`],
  ['its name in a value', `a="; ${overTls.slice(2)}=tossed"`],
])('is not told the session by a cookie that hides its name behind %s', (_what, cookie) => {
  expect(readCredential(undefined, cookie, overTls)).toEqual({});
});
