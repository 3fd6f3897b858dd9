import { waitFor } from '@steading/testkit';

interface GraphError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** Somebody with a browser: keeps cookies, sends the house's own origin, speaks GraphQL and REST. */
export interface Person {
  readonly url: string;
  rest(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The data; throws with the first error's code. */
  graph<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** The code of the first error; `undefined` when all went well. */
  refusal(query: string, variables?: Record<string, unknown>): Promise<string | undefined>;
  cookie(): string;
  setCookie(text: string): void;
  /** The last cookie for a second device, or another person's theft of it. */
  copy(): Person;
}

/** @param ask by which the house is reached; a house that only some trust has its own. */
export function createPerson(url: string, startCookie = '', ask: typeof fetch = fetch): Person {
  let cookie = startCookie;

  async function send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const answer = await ask(`${url}${path}`, {
      method,
      headers: {
        origin: url,
        ...(cookie && { cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      cookie = pair.endsWith('=') || /max-age=0/i.test(set) ? '' : pair;
    }
    return answer;
  }

  async function askGraph(
    query: string,
    variables: Record<string, unknown>,
  ): Promise<{ data?: unknown; errors?: GraphError[]; error?: { code: string; message: string } }> {
    return (await (await send('POST', '/graphql', { query, variables })).json()) as {
      data?: unknown;
      errors?: GraphError[];
    };
  }

  const person: Person = {
    url,
    async rest(method, path, body, headers) {
      const answer = await send(method, path, body, headers);
      const text = await answer.text();
      return { status: answer.status, body: parse(text) };
    },
    async graph<T>(query: string, variables: Record<string, unknown> = {}) {
      const { data, errors, error } = await askGraph(query, variables);
      if (error) throw new Error(`${error.code}: ${error.message}`);
      const first = errors?.[0];
      if (first) throw new Error(`${first.extensions?.code}: ${first.message}`);
      return data as T;
    },
    async refusal(query, variables = {}) {
      const { errors, error } = await askGraph(query, variables);
      return error?.code ?? (errors?.[0] && (errors[0].extensions?.code ?? errors[0].message));
    },
    cookie: () => cookie,
    setCookie: (text) => {
      cookie = text;
    },
    copy: () => createPerson(url, cookie, ask),
  };
  return person;
}

function parse(text: string): Record<string, unknown> {
  try {
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    return { text };
  }
}

export const password = 'correct horse battery staple';

/** Makes the first operator of a fresh house. */
export async function claimHouse(url: string, setupToken: string, ask?: typeof fetch): Promise<Person> {
  const operator = createPerson(url, '', ask);
  const made = await operator.rest('POST', '/auth/setup', {
    token: setupToken,
    name: 'Olive Operator',
    email: 'olive@example.org',
    password,
  });
  if (made.status >= 300) throw new Error(`set-up failed: ${JSON.stringify(made.body)}`);
  return operator;
}

/** Invites somebody to the house and lets them register. */
export async function registerPerson(operator: Person, name: string, email: string): Promise<Person> {
  const { inviteToRegister } = await operator.graph<{ inviteToRegister: { link: string } }>(
    'mutation ($email: String!) { inviteToRegister(email: $email) { link } }',
    { email },
  );
  const person = createPerson(operator.url);
  const made = await person.rest('POST', '/auth/register', {
    invitation: new URL(inviteToRegister.link).hash.slice(1),
    name,
    email,
    password,
  });
  if (made.status >= 300) throw new Error(`registering failed: ${JSON.stringify(made.body)}`);
  return person;
}

export interface DeploymentView {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly reason: string | null;
  readonly reasonCode: string | null;
  readonly trace: { readonly sent: number; readonly lost: number } | null;
}

const ended = new Set(['live', 'failed', 'cancelled', 'superseded', 'rolled-back']);

/** Waits until a deployment has come to its end. */
export function deploymentEnds(person: Person, id: string, timeoutMs = 60_000): Promise<DeploymentView> {
  return waitFor(
    `deployment ${id} to end`,
    async () => {
      const { deployment } = await person.graph<{ deployment: DeploymentView }>(
        'query ($id: ID!) { deployment(id: $id) { id number state reason reasonCode trace { sent lost } } }',
        { id },
      );
      return ended.has(deployment.state) && deployment;
    },
    { timeoutMs, everyMs: 100 },
  );
}
