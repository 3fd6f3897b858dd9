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
