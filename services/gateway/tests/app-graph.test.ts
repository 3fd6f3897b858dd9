/** Fields of apps: what an app is told and asked, who may ask it, and what its failures leave alone. */
import type { RequestListener } from 'node:http';
import type { HouseEvent } from '@steading/bus';
import { DeployService } from '@steading/contracts/rpc/deploy';
import { createSubgraphBuilder, finish, open, reference, type Subgraph } from '@steading/graph';
import { type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import { createAssertions } from '@steading/rpc';
import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AppGraph, createAppGraph } from '#src/graph/apps/app-graph.ts';
import { startApp, type TestApp } from './edge-house.ts';
import { type GraphHouse, access as openAccess, startGraph } from './graph-house.ts';

const log = createLog({ level: 'silent' });
const ada: Caller = {
  kind: 'user',
  principal: 'user:usr_ada',
  requestId: 'req_7',
  session: 'ses_secret',
  token: 'tok_1',
};
const stranger: Caller = { ...ada, principal: 'user:usr_eve' };
const guest: Caller = { ...ada, principal: 'user:usr_gus' };
const nobody: Caller = { kind: 'anonymous', principal: 'anyone', requestId: 'req_8' };
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@external"])\n';
const ratings = `${link}
  type Query { ratings_top: [Ratings_Entry!] ratings_other: Int }
  type Mutation { ratings_rate(stars: Int!): Int }
  type Ratings_Entry { stars: Int! space: Space }
  extend type Space @key(fields: "id") { id: ID! @external ratings_average: Float }`;

/** Two spaces; Ada may see the first. */
function spaces(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'spaces', log, access: openAccess });
  const everybody = open('a test');
  const Space = builder.objectRef<{ id: string }>('Space').implement({
    fields: (t) => ({ id: t.exposeID('id'), name: t.string({ resolve: ({ id }) => `Space ${id}` }) }),
  });
  const find = (id: string) => {
    if (id !== 'spc_1') throw kitErrors('not-found', { kind: 'space' });
    return { id };
  };
  builder.asEntity(Space, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(builder, everybody, (key: { id: string }) => find(key.id)),
  });
  builder.queryFields((t) => ({
    space: t.field({ type: Space, access: everybody, resolve: () => find('spc_1') }),
    twins: t.field({ type: [Space], access: everybody, resolve: () => [{ id: 'spc_1' }, { id: 'spc_2' }] }),
    two: t.int({ access: everybody, resolve: () => 2 }),
  }));
  return finish(builder);
}

interface Asked {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly url: string | undefined;
  readonly body: { query: string; variables: { representations?: { id: string }[] } };
}

let app: TestApp;
let house: GraphHouse;
let apps: AppGraph;
/** The same, in which an app has a second. */
let impatient: Awaited<ReturnType<typeof startHouse>>;
let hear: (event: HouseEvent) => void = () => {};
let behave: RequestListener | undefined;
let address: string | undefined;
let answer: (asked: Asked) => unknown;
const asked: Asked[] = [];
const reports: { appId: string; serving: boolean; reason: string; revision: bigint }[] = [];
let now = Date.now();
const assertions = createAssertions({ clock: { ...systemClock, now: () => Date.now() } });
let listed = [{ appId: 'app_1', name: 'ratings', path: '/graph', sdl: ratings, revision: 1n }];

const generous = { timeoutMs: 20_000 };
/** Longer than an app that answers needs, on the busiest machine. */
const patient = 60;

async function startHouse(seconds: number): Promise<{ readonly apps: AppGraph; readonly house: GraphHouse }> {
  const may = (caller: Caller, privilege: string, node: string) =>
    node === 'app_1' && caller.kind === 'user'
      ? caller.principal === ada.principal || (caller.principal === guest.principal && privilege === 'app.read')
      : node === 'spc_1' && privilege === 'space.read-about';
  const context = {
    catalogue: [{ name: 'deploy' }, { name: 'identity' }],
    house: { publicUrl: 'https://garden.example.org' },
    rpc: {
      client: (service: unknown) =>
        service === DeployService
          ? {
              listAppSubgraphs: async () => ({ subgraphs: listed }),
              reportAppSubgraphs: async (told: { reports: typeof reports }) =>
                void (seconds === patient && reports.push(...told.reports)),
            }
          : {
              getPeople: async ({ ids }: { ids: string[] }) => ({ people: ids.map((id) => ({ id, name: `N ${id}` })) }),
            },
    },
    bus: {
      broadcast: (_events: unknown, handler: typeof hear) => {
        if (seconds === patient) hear = handler;
        return { stop: async () => {} };
      },
    },
    access: {
      can: may,
      require: async (caller: Caller, privilege: string, node: string) => {
        if (may(caller, privilege, node)) return;
        if (caller.kind === 'anonymous') throw kitErrors('unauthenticated');
        throw may(caller, 'app.read', node)
          ? kitErrors('forbidden', { why: '' })
          : kitErrors('not-found', { kind: 'app' });
      },
    },
    appAssertion: assertions,
    clock: { ...systemClock, now: () => now },
    log,
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof createAppGraph>[0]['context'];
  const apps = createAppGraph({
    context,
    edgeId: 'edg_1',
    addressOf: () => address,
    limits: { seconds, maxBytes: 20_000 },
  });
  return { apps, house: await startGraph({ services: { spaces: spaces() }, apps }) };
}

beforeAll(async () => {
  app = await startApp((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      const seen: Asked = { headers: request.headers, url: request.url, body: JSON.parse(text) };
      asked.push(seen);
      if (behave) return behave(request, response);
      response.end(JSON.stringify(answer(seen)));
    });
  });
  [{ apps, house }, impatient] = [await startHouse(patient), await startHouse(1)];
});
afterAll(async () => {
  await apps.stop();
  await house.endpoint.stop();
  await impatient.apps.stop();
  await impatient.house.endpoint.stop();
  await app.stop();
});
beforeEach(async () => {
  behave = undefined;
  address = app.address;
  // Whatever a test before made fail is forgotten.
  now += 60_000;
  // The planner gives names of its own where it asks for more than was asked.
  const space = { __typename: 'Space', id: 'spc_1', ratings_average: 4.5 };
  answer = ({ body }) =>
    body.variables.representations
      ? { data: { _entities: body.variables.representations.map(() => ({ ratings_average: 4.5 })) } }
      : { data: { ratings_top: [{ stars: 5, space, _0_space: space }], ratings_rate: 3 } };
  await ask('{ ratings_top { stars } }');
  asked.length = 0;
});

const ask = async (query: string, caller = ada, of = house) => {
  const headers = { cookie: 'steading_session=secret', authorization: 'Bearer stg_secret' };
  return (await of.ask({ query }, { caller, headers })).json as {
    data?: Record<string, unknown> | null;
    errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
  };
};
const problems = (errors: Awaited<ReturnType<typeof ask>>['errors']) =>
  errors?.map(({ path, extensions }) => `${path?.join('.')}: ${extensions.code}`);

it('answers fields of the house and of the app together', async () => {
  expect(
    await ask('{ two space { name ratings_average } ratings_top { stars space { name ratings_average } } }'),
  ).toEqual({
    data: {
      two: 2,
      space: { name: 'Space spc_1', ratings_average: 4.5 },
      ratings_top: [{ stars: 5, space: { name: 'Space spc_1', ratings_average: 4.5 } }],
    },
  });
  expect(reports).toEqual([{ appId: 'app_1', revision: 1n, serving: true, reason: '', key: expect.anything() }]);
});

it('tells the app who asks by an assertion for it alone, and nothing of the session', async () => {
  await ask('{ ratings_top { stars } }');
  const [{ headers, url }] = asked as [Asked];
  expect(url).toBe('/graph');
  expect(Object.keys(headers).sort()).toEqual(
    ['accept', 'connection', 'content-length', 'content-type', 'host', 'steading-assertion', 'x-request-id'].sort(),
  );
  expect(headers['x-request-id']).toBe('req_7');
  const [head = '', body = '', signature = ''] = String(headers['steading-assertion']).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  expect(claims).toEqual({
    iss: 'https://garden.example.org',
    aud: 'app_1',
    sub: 'usr_ada',
    name: 'N usr_ada',
    kind: 'user',
    iat: expect.any(Number),
    exp: Number(claims.iat) + 60,
  });
  // As an app without any library checks it.
  const [jwk] = (await assertions.publicKeys()).keys;
  const key = await crypto.subtle.importKey('jwk', jwk!, 'Ed25519', false, ['verify']);
  const signed = Buffer.from(signature, 'base64url');
  expect(await crypto.subtle.verify('Ed25519', key, signed, Buffer.from(`${head}.${body}`))).toBe(true);
  await expect(assertions.verify(String(headers['steading-assertion']))).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  expect(JSON.stringify(asked)).not.toMatch(/secret|tok_1|cookie/);
});

it('is not found by strangers, closed to the unknown, and read only to guests', async () => {
  const query = '{ two space { name ratings_average } ratings_other }';
  const seen = await ask(query, stranger);
  expect(seen.data).toEqual({ two: 2, space: { name: 'Space spc_1', ratings_average: null }, ratings_other: null });
  expect(problems(seen.errors)!.sort()).toEqual(['ratings_other: not-found', 'space.ratings_average: not-found']);
  expect(problems((await ask('{ ratings_other }', nobody)).errors)).toEqual(['ratings_other: unauthenticated']);
  expect(asked).toEqual([]);
  expect(problems((await ask('mutation { ratings_rate(stars: 3) }', guest)).errors)).toEqual([
    'ratings_rate: forbidden',
  ]);
  expect((await ask('{ ratings_top { stars } }', guest)).errors).toBeUndefined();
  expect((await ask('mutation { ratings_rate(stars: 3) }')).data).toEqual({ ratings_rate: 3 });
});

it('asks the app about nothing that the asker may not see', async () => {
  const seen = await ask('{ twins { id ratings_average } }');
  expect(seen.data).toEqual({
    twins: [
      { id: 'spc_1', ratings_average: 4.5 },
      { id: 'spc_2', ratings_average: null },
    ],
  });
  expect(problems(seen.errors)).toEqual(['twins.1: not-found']);
  expect(asked.map(({ body }) => body.variables.representations)).toEqual([[{ __typename: 'Space', id: 'spc_1' }]]);
});

it('keeps nothing of an answer that was not asked or promised', async () => {
  answer = ({ body }) =>
    body.variables.representations
      ? { data: { _entities: [{ __typename: 'Space', id: 'spc_9', name: 'Taken over', ratings_average: 'much' }] } }
      : { data: { two: 9, ratings_top: 'no list', ratings_other: 1.5 } };
  const seen = await ask('{ two space { id name ratings_average } ratings_top { stars } ratings_other }');
  expect(seen.data).toEqual({
    two: 2,
    space: { id: 'spc_1', name: 'Space spc_1', ratings_average: null },
    ratings_top: null,
    ratings_other: null,
  });
  expect(problems(seen.errors)!.sort()).toEqual([
    'ratings_other: subgraph-failed',
    'ratings_top: subgraph-failed',
    'space.ratings_average: subgraph-failed',
  ]);
});

const failures: readonly (readonly [what: string, code: string, RequestListener | 'away'])[] = [
  ['is away', 'unavailable', 'away'],
  ['does not answer', 'deadline-exceeded', () => {}],
  ['answers too much', 'too-large', (_request, response) => response.end(`{"data":{"a":"${'x'.repeat(30_000)}"}}`)],
  ['answers with a page', 'unavailable', (_request, response) => response.end('<html>')],
  ['sends elsewhere', 'unavailable', (_request, response) => response.writeHead(302, { location: '/x' }).end()],
  ['hangs up', 'unavailable', (_request, response) => response.destroy()],
  ['begins and goes on for ever', 'deadline-exceeded', (_request, response) => void response.write('{"data":')],
];
it.each(failures)('an app that %s fails in its own fields only', async (_what, code, how) => {
  if (how === 'away') address = undefined;
  else behave = how;
  const of = code === 'deadline-exceeded' ? impatient.house : house;
  const seen = await ask('{ two space { id name ratings_average } ratings_other }', ada, of);
  expect(seen.data).toEqual({
    two: 2,
    space: { id: 'spc_1', name: 'Space spc_1', ratings_average: null },
    ratings_other: null,
  });
  expect(problems(seen.errors)!.sort()).toEqual([`ratings_other: ${code}`, `space.ratings_average: ${code}`]);
});

it('leaves an app alone for a while after it failed several times, and looks whether it is back', async () => {
  behave = (_request, response) => response.end('no');
  for (let count = 0; count < 8; count++) await ask('{ ratings_other }');
  expect(asked.length).toBe(5);
  behave = undefined;
  expect(problems((await ask('{ ratings_other }')).errors)).toEqual(['ratings_other: unavailable']);
  now += 11_000;
  expect((await ask('{ ratings_top { stars } }')).errors).toBeUndefined();
});

it('keeps the part that fits, reports the one that does not, and lets go of who leaves', async () => {
  const relist = async (next: typeof listed) => {
    listed = next;
    hear({} as HouseEvent);
  };
  const [before] = listed as [(typeof listed)[number]];
  reports.length = 0;
  await relist([{ ...before, revision: 2n, sdl: ratings.replace('ratings_average: Float', 'name: Float') }]);
  await waitFor('the report', () => reports.length > 0, generous);
  expect(reports[0]).toMatchObject({ appId: 'app_1', revision: 2n, serving: false });
  expect(reports[0]!.reason).toMatch(/Space\.name/);
  expect((await ask('{ space { ratings_average } }')).data).toEqual({ space: { ratings_average: 4.5 } });
  expect(house.endpoint.health()).toEqual({ ready: true });
  await relist([
    { ...before, revision: 3n },
    {
      ...before,
      appId: 'app_2',
      name: 'twoKeys',
      revision: 4n,
      sdl: `${link}
    type Query { twoKeys_a: TwoKeys_A } type TwoKeys_A @key(fields: "a") @key(fields: "b") { a: ID! b: ID! }`,
    },
  ]);
  await waitFor('the reports', () => reports.length === 3, generous);
  expect(reports.slice(1)).toMatchObject([
    { appId: 'app_1', revision: 3n, serving: true },
    { appId: 'app_2', revision: 4n, serving: false, reason: expect.stringContaining('several keys') },
  ]);
  await relist([]);
  await waitFor(
    'the fields to go',
    async () =>
      (await ask('{ ratings_other }')).errors![0]!.extensions.code !== 'not-found' &&
      house.endpoint.subgraphs.status.subgraphs.length === 1,
    generous,
  );
  expect((await ask('{ two ratings_other }')).errors![0]!.message).toMatch(/Cannot query field/);
  expect((await ask('{ two }')).data).toEqual({ two: 2 });
});
