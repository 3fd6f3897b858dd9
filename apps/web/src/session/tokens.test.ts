import { expect, test } from 'vitest';
import { safeReturn } from '#src/session/tokens.ts';

test.each([
  ['/s/garden?tab=apps#top', '/s/garden?tab=apps#top'],
  ['/a/app_1/domains', '/a/app_1/domains'],
  ['/search?q=ü', '/search?q=ü'],
  ['/?return=https://evil.example', '/?return=https://evil.example'],
  // Browsers drop tabs and line breaks from addresses, and so read two slashes here.
  ['/\t/evil.example', '/'],
  ['/\n/evil.example', '/'],
  ['/\r\n/evil.example', '/'],
  ['\t//evil.example', '/'],
  ['//evil.example', '/'],
  ['///evil.example', '/'],
  ['/\\evil.example', '/'],
  ['\\/evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/x/..//evil.example', '/'],
  ['/%2e//evil.example', '/'],
  ['https://evil.example', '/'],
  ['https:evil.example', '/'],
  ['/ /evil.example', '/ /evil.example'],
  ['javascript:alert(1)', '/'],
  ['java\tscript:alert(1)', '/'],
  ['data:text/html,x', '/'],
  ['@evil.example', '/'],
  ['.evil.example', '/'],
  ['s/garden', '/'],
  ['', '/'],
  [undefined, '/'],
])('after signing in, %j leads to %j', (given, path) => {
  expect(safeReturn(given)).toBe(path);
});
