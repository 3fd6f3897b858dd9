import { expect, test } from 'vitest';
import { sessionCookie } from '#src/browser-sessions.ts';
import { deviceName, judgeSession, operatorLife, personLife } from '#src/sessions.ts';

const hour = 3_600_000;
const day = 24 * hour;
const begun = { createdMs: 0, expiresMs: 7 * day, lastSeenMs: 0 };

test('a session slides by a day at least, and asks to be written when it was not seen for five minutes', () => {
  expect(judgeSession(begun, personLife, 60_000)).toMatchObject({ ended: false, write: false, expiresMs: 7 * day });
  expect(judgeSession(begun, personLife, 300_000)).toMatchObject({ write: true, expiresMs: 7 * day });
  expect(judgeSession(begun, personLife, day)).toMatchObject({ write: true, expiresMs: 8 * day });
});

test('a session ends when it was unused for 7 days, and after 30 in any case', () => {
  expect(judgeSession(begun, personLife, 7 * day)).toEqual({ ended: true });
  const old = { createdMs: 0, expiresMs: 30 * day, lastSeenMs: 29 * day };
  expect(judgeSession(old, personLife, 29.5 * day)).toMatchObject({ ended: false, expiresMs: 30 * day });
  expect(judgeSession(old, personLife, 30 * day)).toEqual({ ended: true });
});

test('whoever becomes an operator falls under the shorter life at once', () => {
  expect(judgeSession(begun, operatorLife, hour)).toMatchObject({ ended: false, expiresMs: 13 * hour });
  expect(judgeSession(begun, operatorLife, 13 * hour)).toEqual({ ended: true });
});

test('over TLS the cookie is bound to this very host', () => {
  expect(sessionCookie('https://house.example.org', 'value')).toBe(
    '__Host-steading_session=value; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure',
  );
});

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1', 'Safari on iOS'],
  ['curl/8.1', 'A browser'],
])('%s is called %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
