/**
 * What of a header passes. Hop-by-hop fields and those that Connection names end here (RFC 9110, section 7.6.1); what
 * tells an app where a request comes from is only ever ours; the house's own session never reaches an app.
 */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
]);

/** An underscore counts as a dash: some servers cannot tell them apart. */
const ours = /^(x-forwarded-|forwarded$|x-real-ip$|steading-)/;
const houseCookie = /^(__host-|__secure-)?steading_/i;

export interface Origin {
  readonly address: string;
  readonly host: string;
  readonly secure: boolean;
  readonly requestId: string;
}

/** Names and values in turn, as they go to the app. */
export function forwardHeaders(raw: readonly string[], origin: Origin): string[] {
  const named = connectionNames(raw);
  const out: string[] = ['host', origin.host];
  const cookies: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const value = raw[at + 1]!;
    if (name === 'cookie') cookies.push(...value.split(';'));
    else if (name === 'te' && /(^|,)\s*trailers\s*(,|$)/i.test(value)) out.push('te', 'trailers');
    else if (passes(name, named) && name !== 'x-request-id') out.push(name, value);
  }
  const kept = cookies.map((pair) => pair.trim()).filter((pair) => pair !== '' && !houseCookie.test(pair));
  if (kept.length > 0) out.push('cookie', kept.join('; '));
  const proto = origin.secure ? 'https' : 'http';
  out.push('x-forwarded-for', origin.address, 'x-forwarded-proto', proto, 'x-forwarded-host', origin.host);
  const by = origin.address.includes(':') ? `"[${origin.address}]"` : origin.address;
  out.push('forwarded', `for=${by};host="${origin.host}";proto=${proto}`, 'x-request-id', origin.requestId);
  return out;
}

/** Names and values in turn, as they go back to the person. */
export function answerHeaders(raw: readonly string[]): string[] {
  const named = connectionNames(raw);
  const out: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const isHouseCookie = name === 'set-cookie' && houseCookie.test(raw[at + 1]!.trim());
    if (name === 'trailer' || (passes(name, named) && !isHouseCookie)) out.push(raw[at]!, raw[at + 1]!);
  }
  return out;
}

function passes(name: string, named: ReadonlySet<string>): boolean {
  return !name.startsWith(':') && name !== 'host' && !hopByHop.has(name) && !named.has(name) && !isOurs(name);
}

function isOurs(name: string): boolean {
  return ours.test(name.replaceAll('_', '-'));
}

/** A Connection that names what the message cannot do without is ignored for those. */
const never = new Set(['host', 'content-length', 'content-type', 'cookie', 'authorization', 'set-cookie']);

function connectionNames(raw: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = 0; at < raw.length; at += 2)
    if (raw[at]!.toLowerCase() === 'connection')
      for (const name of raw[at + 1]!.split(',')) names.add(name.trim().toLowerCase());
  for (const name of never) names.delete(name);
  return names;
}
