import { expect, it } from 'vitest';
import { isOwnOrigin } from '#src/caller/own-origin.ts';

const tls = 'https://house.example.org';
const plain = 'http://house.example.org:4600';

it.each([
  [tls, tls, 'house.example.org', true],
  [tls, 'https://house.example.org:443', 'house.example.org', true],
  // Whoever sits on the line writes pages of the plain name as they like.
  [tls, 'http://house.example.org', 'house.example.org', false],
  [tls, 'https://house.example.org:8443', 'house.example.org', false],
  [tls, 'https://app.house.example.org', 'house.example.org', false],
  [tls, 'https://house.example.org.evil.example', 'house.example.org', false],
  [tls, 'https://house.example.org@evil.example', 'house.example.org', false],
  [tls, 'https://house.example.org/path', 'house.example.org', false],
  [tls, 'null', 'house.example.org', false],
  [tls, '', 'house.example.org', false],
  // On the machine itself there is no line.
  [tls, 'http://localhost:4600', 'localhost:4600', true],
  [tls, 'http://127.0.0.1:4600', '127.0.0.1:4600', true],
  [tls, 'http://localhost:3000', 'localhost:4600', false],
  [plain, plain, 'house.example.org:4600', true],
  [plain, 'http://house.example.org', 'house.example.org:4600', false],
  [plain, 'http://localhost:4600', 'localhost:4600', true],
  [plain, 'ftp://localhost:4600', 'localhost:4600', false],
])('of the house %s, a page of %j that asks %s: %s', (publicUrl, origin, host, own) => {
  expect(isOwnOrigin(origin, { host, publicUrl })).toBe(own);
});
