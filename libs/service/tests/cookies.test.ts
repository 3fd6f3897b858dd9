import { expect, test } from 'vitest';
import { cookiesNamed } from '#src/cookies.ts';

test.each<[header: string | null, values: string[]]>([
  ['__Host-s=own', ['own']],
  ['a=1; __Host-s=own ; b=2', ['own']],
  ['__Host-s=tossed; __Host-s=own', ['tossed', 'own']],
  ['s=tossed; __host-s=tossed; x__Host-s=tossed', []],
  ['other=__Host-s=tossed', []],
  ['a="; __Host-s2=tossed"', []],
  // What trims more than a cookie's own space takes these for the guarded name, which browsers let anybody set so.
  ['\u00a0__Host-s=tossed', []],
  ['\u0085__Host-s=tossed', []],
  ['\ufeff__Host-s=tossed', []],
  ['$Version=1,__Host-s=tossed', []],
  ['=__Host-s=tossed', []],
  ['__Host-s', []],
  ['__proto__=x', []],
  [null, []],
  [`__Host-s=${'x'.repeat(17_000)}`, []],
])('of %j the values of the guarded name are %j', (header, values) => {
  expect(cookiesNamed(header, '__Host-s')).toEqual(values);
});
