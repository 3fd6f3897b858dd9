import ipaddr from 'ipaddr.js';

/** As the system writes it: without leading zeros, in four parts. */
const plainIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** One household or host: an IPv4 address, or the /64 of an IPv6 one, which its holder can vary at will. */
export function addressBucket(address: string | undefined): string {
  if (address !== undefined && plainIpv4.test(address)) return address;
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}
