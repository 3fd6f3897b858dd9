import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { houseHosts } from '#src/front/hosts.ts';
import { createSecureAddress } from '#src/front/secure-address.ts';

const house = 'https://house.example.org';
const app = 'web.apps.example.org';

interface Asked {
  readonly publicUrl?: string;
  readonly host?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly encrypted?: true;
}

it.each<[string, Asked, string | undefined]>([
  ['the house', {}, 'https://house.example.org/'],
  ['a path and a query', { url: '/s/a?b=c%20d' }, 'https://house.example.org/s/a?b=c%20d'],
  ['another port', { publicUrl: `${house}:8443` }, 'https://house.example.org:8443/'],
  ['an app', { host: app, url: '/readyz' }, `https://${app}/readyz`],
  ['an app whose domain the certificate does not name', { host: 'www.other.example' }, undefined],
  ['who comes by TLS', { encrypted: true }, undefined],
  ['this machine', { host: 'localhost' }, undefined],
  ['this machine by its address', { host: '127.0.0.1' }, undefined],
  ['an app on this machine', { host: 'web-site.localhost' }, undefined],
  ['a monitor', { url: '/readyz?verbose' }, undefined],
  ['the house itself', { host: app, headers: { 'steading-probe': 'signed' } }, undefined],
  ['who came to a proxy by TLS', { headers: { 'x-forwarded-proto': 'https' } }, undefined],
  ['the same, in the standard’s words', { headers: { forwarded: 'for=10.0.0.1;proto=https' } }, undefined],
  ['who came to a proxy without', { headers: { 'x-forwarded-proto': 'https, http' } }, 'https://house.example.org/'],
  ['a house without TLS', { publicUrl: 'http://house.example.org:4600' }, undefined],
])('%s', (_what, asked, address) => {
  const { publicUrl = house, host = 'house.example.org', url = '/', headers = {}, encrypted } = asked;
  const secureAddress = createSecureAddress({
    publicUrl,
    houseHosts: houseHosts(publicUrl),
    covers: (name) => name.endsWith('.example.org') || name.endsWith('localhost'),
    isProbe: (incoming) => incoming.headers['steading-probe'] === 'signed',
  });
  const incoming = { url, headers, socket: { ...(encrypted && { encrypted }) } } as unknown as IncomingMessage;
  expect(secureAddress(incoming, host)).toBe(address);
});
