import ipaddr from 'ipaddr.js';

/** One household or host: an IPv4 address, or the /64 of an IPv6 one, which its holder can vary at will. */
export function addressBucket(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}
