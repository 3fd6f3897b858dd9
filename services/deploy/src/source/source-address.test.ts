import { expect, test } from 'vitest';
import { isPublicAddress, resolveSource } from '#src/source/source-address.ts';

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
  '240.0.0.1',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  // NAT64 as an operator sets it up (RFC 8215), Teredo, ORCHID, segment routing, discard, SIIT, documentation.
  '64:ff9b:1::7f00:1',
  '64:ff9b:1:a00:0:100::',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:10::1',
  '2001:20::1',
  '3fff::1',
  '5f00::1',
  '100::1',
  '::ffff:0:127.0.0.1',
  '::ffff:7f00:1',
  'fe80::1%eth0',
  // Whom clouds answer with their machines' keys.
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '::ffff:168.63.129.16',
  // As system libraries read them: octal, hexadecimal, one number, two parts.
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '2130706433',
  '127.1',
  '0',
  '192.88.99.1',
  '198.51.100.7',
  '203.0.113.7',
  'nonsense',
])('%s is internal', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test('a host with one internal address among public ones is refused', async () => {
  const options = { allowInternal: false, lookUp: async () => ['8.8.8.8', '10.0.0.1'] };
  await expect(resolveSource('git.example.org', options)).rejects.toMatchObject({ code: 'deploy.internal-address' });
});

test.each(['127.0.0.1', '::1', '169.254.169.254'])(
  'the address %s itself is refused without asking anybody',
  async (host) => {
    const options = { allowInternal: false, lookUp: async () => expect.unreachable() };
    await expect(resolveSource(host, options)).rejects.toMatchObject({ code: 'deploy.internal-address' });
  },
);

test('an operator may allow internal addresses', async () => {
  expect(await resolveSource('git.internal', { allowInternal: true, lookUp: async () => ['10.0.0.1'] })).toEqual([
    '10.0.0.1',
  ]);
});

test('a host without an address is named', async () => {
  const options = { allowInternal: false, lookUp: async () => [] };
  await expect(resolveSource('none.example.org', options)).rejects.toMatchObject({ code: 'deploy.unknown-host' });
});
