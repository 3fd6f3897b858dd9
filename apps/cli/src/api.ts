import { type Account, readAccount } from '#src/account.ts';
import { Failure } from '#src/failure.ts';
import { failureOf, type Problem, readJson, readSubscription } from '#src/subscriptions.ts';

/** A house, asked over HTTP like everybody asks it. */
export interface Api {
  readonly url: string;
  graph<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** One REST call; JSON in and out unless a body is given. */
  rest<T>(
    method: 'GET' | 'POST',
    path: string,
    sent?: { json?: unknown; body?: Blob | string; headers?: Record<string, string> },
  ): Promise<T>;
  /**
   * The data of a subscription's answers, until it is complete. After a dropped connection it begins again with the
   * variables of that moment.
   */
  subscribe<T>(query: string, variables: () => Record<string, unknown>, signal?: AbortSignal): AsyncGenerator<T>;
}

export function createApi(account: Account | { url: string; token?: string } = readAccount()): Api {
  const { url, token } = account;
  const headers = { ...(token && { authorization: `Bearer ${token}` }), 'user-agent': 'steading-cli' };

  async function send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${url}${path}`, {
        ...init,
        headers: { ...headers, ...(init.headers as Record<string, string>) },
      });
    } catch (error) {
      const cause = (error as Error & { cause?: Error }).cause;
      if ((error as Error).name === 'AbortError') throw error;
      throw new Failure(unreachable(url, cause ?? (error as Error)), 'unreachable');
    }
  }

  return {
    url,
    async graph<T>(query: string, variables: Record<string, unknown> = {}) {
      const answer = await send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(60_000),
      });
      const body = (await readJson(answer)) as {
        data?: T;
        errors?: { message: string; extensions?: Omit<Problem, 'message'> }[];
        error?: Problem;
      };
      if (body.error) throw failureOf(body.error);
      const first = body.errors?.[0];
      if (first) throw failureOf({ message: first.message, ...first.extensions });
      return body.data as T;
    },
    async rest<T>(
      method: 'GET' | 'POST',
      path: string,
      sent: { json?: unknown; body?: Blob | string; headers?: Record<string, string> } = {},
    ) {
      const json = sent.json === undefined ? undefined : JSON.stringify(sent.json);
      const body = json ?? sent.body;
      const answer = await send(path, {
        method,
        headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...sent.headers },
        ...(body !== undefined && { body }),
        signal: AbortSignal.timeout(600_000),
      });
      const read = (await readJson(answer)) as { error?: Problem };
      if (!answer.ok)
        throw failureOf(read.error ?? { message: `The house answered ${answer.status}.`, status: answer.status });
      return read as T;
    },
    subscribe: (query, variables, signal) =>
      readSubscription({
        query,
        variables,
        ...(signal && { signal }),
        send: (body, until) =>
          send('/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
            body,
            signal: until,
          }),
      }),
  };
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function unreachable(url: string, cause: NodeJS.ErrnoException): string {
  const found = `${url} cannot be reached (${cause.message}).`;
  if (!untrusted.has(cause.code ?? '')) return `${found} Is the house up, and is the address right?`;
  return `${found} Its certificate is of an authority that this machine does not trust. If you do, set NODE_EXTRA_CA_CERTS to a file of its root; a house's own is at ${url}/house-root.pem`;
}
