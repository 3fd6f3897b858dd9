import type { IncomingMessage } from 'node:http';
import { isOwnMachine } from '#src/front/hosts.ts';

export interface SecureAddressOptions {
  readonly publicUrl: string;
  readonly houseHosts: ReadonlySet<string>;
  /** Whether a browser that trusts the house's certificate would take it for this name. */
  readonly covers: (host: string) => boolean;
  /** Whether the house itself asks. */
  readonly isProbe: (incoming: IncomingMessage, host: string) => boolean;
}

/** Where a request without TLS should have gone; undefined: it is right as it is. */
export type SecureAddress = (incoming: IncomingMessage, host: string) => string | undefined;

/** What balancers and monitors ask by plain HTTP, on the house's own hosts. */
const healthPages = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Where people reach the house by TLS and the house itself speaks it, whoever comes without is sent there. Not on this
 * machine itself, not to a name for which there is no certificate (an app's own domain keeps working), and not where a
 * proxy says that the browser did speak TLS: that would go round in circles.
 */
export function createSecureAddress(options: SecureAddressOptions): SecureAddress {
  const { houseHosts, covers, isProbe } = options;
  const { protocol, port } = new URL(options.publicUrl);
  if (protocol !== 'https:') return () => undefined;
  return (incoming, host) => {
    if ('encrypted' in incoming.socket || isOwnMachine(host)) return undefined;
    const { url = '/' } = incoming;
    if (houseHosts.has(host) && healthPages.has(url.split('?', 1)[0]!)) return undefined;
    if (cameByTls(incoming) || !covers(host) || isProbe(incoming, host)) return undefined;
    return `https://${host}${port && `:${port}`}${url}`;
  };
}

function cameByTls({ headers }: IncomingMessage): boolean {
  const last = (text: unknown) =>
    String(text ?? '')
      .split(',')
      .at(-1)!
      .trim()
      .toLowerCase();
  return last(headers['x-forwarded-proto']) === 'https' || /(^|;)\s*proto="?https"?/.test(last(headers.forwarded));
}
