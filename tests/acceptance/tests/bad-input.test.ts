import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { absentIds } from '#src/garden.ts';
import { claimHouse, createPerson, type Person, password } from '#src/person.ts';
import { restRouteTable } from '#src/rest-route-table.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let operator: Person;

beforeAll(async () => {
  house = await startShape('one process', {
    STEADING_ALLOW_INTERNAL_SOURCES: 'false',
    STEADING_REQUESTS_PER_MINUTE: '100000',
    STEADING_ADDRESS_PER_MINUTE: '100000',
  });
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

/** What pages of other sites can have a browser say, with the person's cookie and without. */
const foreignWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another origin': { origin: 'https://evil.example' },
  'an opaque origin': { origin: 'null' },
  'a sibling subdomain': { origin: 'http://app.localhost' },
  'another port of this machine': { origin: 'http://localhost:1' },
  'a name that begins like ours': { origin: 'http://localhost.evil.example' },
  'another site': { 'sec-fetch-site': 'cross-site' },
  'the same site': { 'sec-fetch-site': 'same-site' },
  'another origin as its own': { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  'another origin with basic authorization': { origin: 'https://evil.example', authorization: 'Basic b3duZXI6eA==' },
};

test.each(Object.entries(foreignWords))('takes no change from %s, on any way in', async (_from, words) => {
  const ways = Object.entries(restRouteTable).filter(([route]) => route.startsWith('POST'));
  const wrong: unknown[] = [];
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
    for (const path of ['/graphql', ...ways.map(([route, [probe]]) => probe?.path(absentIds()) ?? route.slice(5))])
      for (const cookie of [operator.cookie(), '']) {
        const answer = await fetch(house.url + path, {
          method: 'POST',
          body: JSON.stringify({ query: 'mutation { endOtherSessions }', email: 'olive@example.org', password }),
          headers: { 'content-type': type, ...(cookie && { cookie }), ...words },
        });
        const body = (await answer.json()) as { error?: { code: string } };
        if (answer.status !== 403 || body.error?.code !== 'gateway.cross-site' || answer.headers.has('set-cookie'))
          wrong.push({ path, type, cookie: cookie !== '', status: answer.status, body });
      }
  expect(wrong).toEqual([]);
  expect(await operator.refusal('{ viewer { sessionId } }')).toBeUndefined();
});

test('takes no change by a cookie from who does not say where they are, nor by another method', async () => {
  const headers = { cookie: operator.cookie() };
  for (const path of ['/graphql', '/auth/sign-out'])
    expect((await fetch(house.url + path, { method: 'POST', headers })).status).toBe(403);
  const query = encodeURIComponent('mutation { endOtherSessions }');
  for (const path of [
    `/graphql?query=${query}`,
    '/auth/sign-out',
    '/auth/sign-in?email=a&password=b',
    '/api/deploy/archive',
  ])
    for (const more of [{}, { 'x-http-method-override': 'POST' }, { 'x-method-override': 'POST' }]) {
      const answer = await fetch(house.url + path, { headers: { ...headers, ...more } });
      expect(answer.status, path).toBeGreaterThanOrEqual(404);
      expect(answer.headers.has('set-cookie')).toBe(false);
    }
  expect(await operator.refusal('{ viewer { sessionId } }')).toBeUndefined();
});

test('signing in takes over no session that was there before, and ends it', async () => {
  const who = { email: 'olive@example.org', password };
  const viewer = '{ viewer { sessionId } }';
  const idOf = async (person: Person) => (await person.graph<{ viewer: { sessionId: string } | null }>(viewer)).viewer;
  const planter = createPerson(house.url);
  await planter.rest('POST', '/auth/sign-in', who);
  const planted = planter.cookie();
  const before = await idOf(planter);
  expect(before?.sessionId).toMatch(/^ses_/);
  for (const cookie of [planted, `steading_session=${'A'.repeat(43)}`]) {
    const victim = createPerson(house.url, cookie);
    expect((await victim.rest('POST', '/auth/sign-in', who)).status).toBe(200);
    expect(victim.cookie()).not.toBe(cookie);
    expect((await idOf(victim))?.sessionId).not.toBe(before?.sessionId);
    await waitFor('what was planted to be nobody', async () => (await idOf(createPerson(house.url, cookie))) === null);
    await victim.rest('POST', '/auth/sign-out');
  }
});

test('two session cookies are nobody, whichever comes first', async () => {
  const own = operator.cookie();
  for (const cookie of [`${own}; steading_session=planted`, `steading_session=planted; ${own}`, `${own}; ${own}`]) {
    const answer = await fetch(`${house.url}/graphql`, {
      method: 'POST',
      body: '{"query":"{ viewer { sessionId } }"}',
      headers: { 'content-type': 'application/json', origin: house.url, cookie },
    });
    expect(await answer.json()).toEqual({ data: { viewer: null } });
    // Taken back, the other would be left.
    expect(answer.headers.has('set-cookie')).toBe(false);
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
