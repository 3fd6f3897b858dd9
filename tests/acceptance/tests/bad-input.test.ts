import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimHouse, createPerson, type Person } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let operator: Person;

beforeAll(async () => {
  house = await startShape('one process', { STEADING_ALLOW_INTERNAL_SOURCES: 'false' });
  operator = await claimHouse(house.url, house.setupToken);
});
afterAll(() => house?.stop());

const alive = async () => (await fetch(`http://127.0.0.1:${house.port}/readyz`)).status;

test.each([
  'file:///etc/passwd',
  'ext::sh -c id',
  '--upload-pack=touch /tmp/pwned',
  'http://127.0.0.1:1/x.git',
  'http://[::ffff:127.0.0.1]/x.git',
  'http://169.254.169.254/latest.git',
  'https://user:secret@example.org/x.git',
  'ssh://-oProxyCommand=id/x.git',
  'https://example.org/x.git\n--config=x',
  '',
])('refuses the source %j', async (url) => {
  const space = await operator.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    {
      input: {
        nameId: `s-${Math.random().toString(36).slice(2, 12)}`,
        name: 'Sources',
        tagline: '',
        privacy: 'private',
      },
    },
  );
  const code = await operator.refusal(
    'query ($url: String!, $space: ID!) { inspectSource(url: $url, spaceId: $space) { ok problem } }',
    { url, space: space.createSpace.id },
  );
  const answered = code
    ? undefined
    : await operator.graph<{ inspectSource: { ok: boolean; problem: string | null } }>(
        'query ($url: String!, $space: ID!) { inspectSource(url: $url, spaceId: $space) { ok problem } }',
        { url, space: space.createSpace.id },
      );
  expect(code ?? answered?.inspectSource.ok).not.toBe(true);
  expect(code ?? answered?.inspectSource.problem).toBeTruthy();
  expect(code).not.toBe('internal');
});

test.each([
  ['no JSON', 'nonsense', 'application/json'],
  ['another type', '{"query":"{ viewer { person { id } } }"}', 'text/plain'],
  ['a wrong shape', '[1,2,3]', 'application/json'],
  ['a batch', '[{"query":"{ viewer { person { id } } }"}]', 'application/json'],
  ['a huge body', JSON.stringify({ query: `{ a${'a'.repeat(2_000_000)} }` }), 'application/json'],
  [
    'a deep query',
    JSON.stringify({ query: `{ mySpaces ${'{ parent '.repeat(60)}{ id }${' }'.repeat(60)} }` }),
    'application/json',
  ],
  [
    'many aliases',
    JSON.stringify({
      query: `{ ${Array.from({ length: 500 }, (_, index) => `a${index}: houseInfo { name }`).join(' ')} }`,
    }),
    'application/json',
  ],
])('refuses %s at the GraphQL endpoint with a code', async (_, body, type) => {
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    body,
    headers: { 'content-type': type, origin: house.url, cookie: operator.cookie() },
  });
  const text = await answer.text();
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(text).toMatch(/"code":"[a-z.-]+"/);
  expect(text).not.toMatch(/at .*\.ts:\d+|node_modules/);
  expect(await alive()).toBe(200);
});

test.each([
  'steading_session=x',
  `steading_session=${'a'.repeat(43)}`,
  `steading_session=${'%00'.repeat(20)}`,
  `steading_session=${'z'.repeat(9000)}`,
])('takes a forged cookie for nobody: %.40s', async (cookie) => {
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    body: '{"query":"{ viewer { person { id } } }"}',
    headers: { 'content-type': 'application/json', origin: house.url, cookie },
  });
  const body = (await answer.json().catch(() => ({}))) as { data?: { viewer: unknown } };
  expect(body.data?.viewer ?? null).toBeNull();
  expect(await alive()).toBe(200);
});

test('refuses a forged token', async () => {
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    body: '{"query":"{ viewer { person { id } } }"}',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer stg_abcdefgh_0000000000000000000000000000000000000000',
    },
  });
  expect(answer.status).toBe(401);
});

test('refuses a change that another site sends with the cookie', async () => {
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]) {
    const answer = await fetch(`${house.url}/graphql`, {
      method: 'POST',
      body: '{"query":"mutation { endOtherSessions }"}',
      headers: {
        'content-type': 'application/json',
        cookie: operator.cookie(),
        ...(headers as Record<string, string>),
      },
    });
    expect(answer.status).toBe(403);
  }
});

test('sign-in says the same of an unknown person and a wrong password, and locks after five', async () => {
  const known: unknown[] = [];
  const unknown: unknown[] = [];
  const visitor = createPerson(house.url);
  for (let attempt = 0; attempt < 3; attempt++) {
    known.push(
      (await visitor.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password: 'wrong password' })).body
        .error,
    );
    unknown.push(
      (await visitor.rest('POST', '/auth/sign-in', { email: 'nobody@example.org', password: 'wrong password' })).body
        .error,
    );
  }
  const codes = (errors: unknown[]) => errors.map((error) => (error as { code: string; message: string }).code);
  expect(codes(known)).toEqual(codes(unknown));
});

test('ids of other kinds, of nobody, and of strange shapes are not found', async () => {
  for (const id of [
    'app_00000000000000000000000000',
    'spc_00000000000000000000000000',
    'platform',
    '',
    '../x',
    "' or 1=1 --",
    'x'.repeat(500),
  ]) {
    const code = await operator.refusal('query ($id: ID!) { app(id: $id) { id } }', { id });
    expect(['not-found', 'bad-input', 'forbidden']).toContain(code);
  }
});
