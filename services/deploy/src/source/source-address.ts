/**
 * Where a repository may lie. Every address of its host is looked at, and the ones that were looked at are the ones
 * that are used: a name that answers differently a moment later (DNS rebinding) gains nothing.
 */
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { fail } from '#src/errors.ts';

export type LookUp = (host: string) => Promise<readonly string[]>;

export const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map((entry) => entry.address);
};

/** Azure's host, which gives machines their settings: the one such address that no reserved range holds. */
const cloudHosts = new Set(['168.63.129.16']);

/** Whether an address is of the public internet; also sees through IPv4 inside IPv6. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast' || cloudHosts.has(address.toString())) return false;
  // NAT64 and 6to4 carry an IPv4 address inside; ipaddr.js names them, so that they are not unicast. What is left is
  // the deprecated IPv4-compatible form (::a.b.c.d), which it does not name.
  if (address.kind() === 'ipv6') {
    const bytes = address.toByteArray();
    if (bytes.slice(0, 12).every((byte) => byte === 0)) return false;
    if (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0xc0) return false;
  }
  return true;
}

/**
 * The addresses to use for a host.
 * @throws `deploy.unknown-host`, or `deploy.internal-address` where any of them is not public and that is not allowed.
 */
export async function resolveSource(
  host: string,
  options: { allowInternal: boolean; lookUp: LookUp },
): Promise<readonly string[]> {
  const addresses = ipaddr.isValid(host) ? [host] : await lookUpOrFail(host, options.lookUp);
  if (!options.allowInternal && !addresses.every(isPublicAddress)) throw fail('deploy.internal-address', { host });
  return addresses.slice(0, 8);
}

async function lookUpOrFail(host: string, lookUp: LookUp): Promise<readonly string[]> {
  try {
    const addresses = await lookUp(host);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    throw fail('deploy.unknown-host', { host }, error);
  }
  throw fail('deploy.unknown-host', { host });
}
