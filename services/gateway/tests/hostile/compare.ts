import { readStrictly, type StrictRequest } from './strict-requests.ts';

/**
 * What reached the app although the clients' bytes (one text for each connection), read strictly, hold no such request: method, target and body must be
 * the same, and each may arrive once. Empty: nothing was smuggled.
 */
export function smuggled(sent: string | readonly string[], arrived: readonly StrictRequest[]): string[] {
  const left = [sent].flat().flatMap((bytes) => readStrictly(bytes).requests);
  return arrived.flatMap((request) => {
    const at = left.findIndex(
      (one) => one.method === request.method && one.target === request.target && one.body === request.body,
    );
    if (at < 0) return [`${request.method} ${request.target} with ${JSON.stringify(request.body.slice(0, 100))}`];
    left.splice(at, 1);
    return [];
  });
}

/** What no request to an app may have: headers of a connection, lengths beside codings, words that are only ours to say. */
export function unclean({ headers }: StrictRequest): string[] {
  const names = headers.map(([name]) => name);
  const once = ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'x-request-id'];
  const never = ['upgrade', 'trailer', 'keep-alive', 'proxy-connection', 'http2-settings', 'expect', 'x-real-ip'];
  return [
    ...once.filter((name) => names.filter((each) => each === name).length !== 1).map((name) => `not one ${name}`),
    ...never.filter((name) => names.includes(name)).map((name) => `a header ${name}`),
    ...headers.filter(([name, value]) => name === 'te' && value !== 'trailers').map(([, value]) => `te: ${value}`),
    ...(names.includes('content-length') && names.includes('transfer-encoding') ? ['two lengths'] : []),
  ];
}
