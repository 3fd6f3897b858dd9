import { expect, test } from 'vitest';
import { checkHost, defaultHosts, hostUrl, nameIdProblem } from '#src/names.ts';

const house = { appsDomain: 'apps.example.org', publicUrl: 'https://house.example.net' };

test('the default host, and one of its own for a second app of the same names', () => {
  const [first, second] = defaultHosts({ app: 'web', project: 'garden', appId: 'app_1', appsDomain: 'localhost:4600' });
  expect(first).toBe('web-garden.localhost');
  expect(second).toMatch(/^web-garden-[0-9a-f]{8}\.localhost$/);
  expect(defaultHosts({ app: 'web', project: 'garden', appId: 'app_2', appsDomain: 'localhost' })[1]).not.toBe(second);
});

test('a host keeps within 63 characters', () => {
  const hosts = defaultHosts({ app: 'a'.repeat(30), project: 'b'.repeat(40), appId: 'x', appsDomain: 'localhost' });
  expect(hosts).toHaveLength(1);
  expect(hosts[0]!.split('.')[0]!.length).toBeLessThanOrEqual(63);
});

test('an address has the scheme and port of the house', () => {
  expect(hostUrl('web-garden.localhost', 'http://localhost:4600')).toBe('http://web-garden.localhost:4600');
  expect(hostUrl('web.example.org', 'https://house.example.net')).toBe('https://web.example.org');
});

test.each([
  '',
  'x',
  'localhost',
  '1.2.3.4',
  'http://a.example.com',
  'a.example.com:80',
  'a..example.com',
  '-a.example.com',
  'a_b.example.com',
  'web.apps.example.org',
  'apps.example.org',
  'house.example.net',
  'x.house.example.net',
  '*.example.com',
])('refuses the domain %j', (text) => expect(checkHost(text, house)).toHaveProperty('problem'));

test('takes a domain in its normal form', () => {
  expect(checkHost('Shop.Example.COM.', house)).toEqual({ host: 'shop.example.com' });
});

test.each(['', 'A', '1a', 'a_b', 'a--b', '-a', 'a-', 'a'.repeat(31), 'a.b'])('refuses the short name %j', (text) => {
  expect(nameIdProblem(text)).toBeDefined();
});
