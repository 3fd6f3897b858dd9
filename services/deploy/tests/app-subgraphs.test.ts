/** What apps offer to the GraphQL endpoint: who may offer and allow it, what is read of the app, what gateways are told. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppSubgraphsChanged } from '@steading/contracts/deploy-events';
import { DeployService } from '@steading/contracts/rpc/deploy';
import { newId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { callerFor, type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deployApp, makeApp, startDeployHouse } from './deploy-house.ts';

let house: Awaited<ReturnType<typeof startDeployHouse>>;
let git: GitServer;
let server: Server;
let address: string;
let answer: RequestListener;
const viewer = callerFor();
const stranger = callerFor();
let count = 0;

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])\n';
const says = (sdl: string): RequestListener => {
  return (_request, response) => response.end(JSON.stringify({ data: { _service: { sdl } } }));
};

beforeAll(async () => {
  git = await startGitServer();
  house = await startDeployHouse({ env: { STEADING_DEPLOY_STARTS_PER_MINUTE: '500' } });
  house.access.nodes.set('platform', '');
  house.access.viewers.add(viewer.principal);
  house.access.strangers.add(stranger.principal);
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await house.close();
  await git.stop();
});
beforeEach(() => {
  Object.assign(house.compute.behave, { build: 'ok', rollout: 'ok', edge: 'ok', lines: [], lostEvery: 0 });
  answer = (_request, response) => response.writeHead(404).end();
});

interface Shown {
  name: string;
  path: string;
  state: string;
  reason: string | null;
  sdl: string | null;
  adds: string[];
}
const fields = 'name path state reason sdl adds';

async function shown(appId: string): Promise<Shown | null> {
  const query = `query($id: ID!) { app(id: $id) { subgraph { ${fields} } } }`;
  return (await house.ask<{ app: { subgraph: Shown | null } }>(query, { id: appId })).app.subgraph;
}
const untilState = (appId: string, state: string) =>
  waitFor(
    `the subgraph to be ${state}`,
    async () => {
      const seen = await shown(appId);
      if (seen?.state === state) return seen;
      throw new Error(`${seen?.state}: ${seen?.reason}`);
    },
    { timeoutMs: 20_000 },
  );
const offer = async (appId: string, given: { path?: string; name?: string } = {}, caller = house.ada) =>
  (
    await house.ask<{ offerAppSubgraph: Shown }>(
      `mutation($appId: ID!, $path: String!, $name: String) {
        offerAppSubgraph(appId: $appId, path: $path, name: $name) { ${fields} } }`,
      { appId, path: '/graphql', name: `garden${count}`, ...given },
      caller,
    )
  ).offerAppSubgraph;
const decide = async (appId: string, allow: boolean, reason?: string, caller = house.ada) =>
  (
    await house.ask<{ allowAppSubgraph: Shown }>(
      `mutation($appId: ID!, $allow: Boolean!, $reason: String) {
        allowAppSubgraph(appId: $appId, allow: $allow, reason: $reason) { ${fields} } }`,
      { appId, allow, reason },
      caller,
    )
  ).allowAppSubgraph;

const rpc = () => house.context.rpc.client(DeployService);
const asGateway = () => as(serviceCaller('gateway', 'req_test'));
async function listedFor(appId: string) {
  const { subgraphs } = await rpc().listAppSubgraphs({}, asGateway());
  return subgraphs.find((one) => one.appId === appId);
}
const ownEdge = newId('edg');
const report = (appId: string, revision: bigint, reason = '', edgeId = ownEdge) =>
  rpc().reportAppSubgraphs({ edgeId, reports: [{ appId, revision, serving: reason === '', reason }] }, asGateway());

/** An app that is live, and a name for it that no other test has. */
async function liveApp(): Promise<{ appId: string; name: string; sdl: string }> {
  const name = `garden${++count}`;
  const repository = await git.repository(name);
  await repository.commit({ 'index.html': 'one' });
  const { appId } = await makeApp(house, repository.url);
  house.compute.addresses.set(appId, address);
  await house.untilState(await deployApp(house, appId), 'live');
  return { appId, name, sdl: `${link}type Query { ${name}_beds: Int }` };
}
const redeploy = async (appId: string) => house.untilState(await deployApp(house, appId), 'live');

test('what an app offers is read once an operator allows it, and told to gateways', async () => {
  const { appId, name, sdl } = await liveApp();
  const asked: { url: string | undefined; headers: object }[] = [];
  answer = (request, response) => {
    asked.push({ url: request.url, headers: request.headers });
    says(sdl)(request, response);
  };
  expect(await shown(appId)).toBeNull();
  expect(await offer(appId)).toEqual({ name, path: '/graphql', state: 'offered', reason: null, sdl: null, adds: [] });
  expect(await listedFor(appId)).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await decide(appId, true)).toMatchObject({ state: 'reading' });
  expect(await untilState(appId, 'joining')).toMatchObject({ sdl, adds: [`Query.${name}_beds`] });
  expect(asked[0]!.url).toBe('/graphql');
  expect(asked[0]!.headers).not.toHaveProperty('cookie');
  expect(asked[0]!.headers).not.toHaveProperty('authorization');
  const told = (await listedFor(appId))!;
  expect(told).toMatchObject({ name, path: '/graphql', sdl });
  await report(appId, told.revision);
  await untilState(appId, 'serving');
  const changes = () =>
    house.events.filter(
      ({ type, data }) => type === AppSubgraphsChanged.type && (data as { appId: string }).appId === appId,
    ).length;
  // Offered, allowed, read: a gateway that takes it in changes nothing for the others.
  await waitFor('its events', () => changes() >= 3, { timeoutMs: 20_000 });
  expect(changes()).toBe(3);

  expect(await decide(appId, false, 'It is slow.')).toMatchObject({ state: 'denied', reason: 'It is slow.' });
  expect(await listedFor(appId)).toBeUndefined();
  expect(await offer(appId)).toMatchObject({ state: 'offered', reason: null });
  const withdraw = 'mutation($appId: ID!) { withdrawAppSubgraph(appId: $appId) }';
  expect(await house.ask(withdraw, { appId })).toEqual({ withdrawAppSubgraph: true });
  expect(await house.ask(withdraw, { appId })).toEqual({ withdrawAppSubgraph: false });
  expect(await shown(appId)).toBeNull();
  const audited = (what: string) =>
    house.events.some(({ data }) => (data as { action?: string }).action === `deploy.subgraph-${what}`);
  for (const what of ['offered', 'allowed', 'denied', 'withdrawn'])
    await waitFor(`${what} to be audited`, () => audited(what), { timeoutMs: 20_000 });
});

test('a part is said to be there once every gateway that is up has it, and a gateway that leaves holds nothing up', async () => {
  const edges = [newId('edg'), newId('edg')] as const;
  const announce = (edgeId: string, leaves = false) =>
    rpc().announceEdge({ edgeId, host: '127.0.0.1', port: edgeId === edges[0] ? 1 : 2, leaves }, asGateway());
  const { appId, sdl } = await liveApp();
  for (const edge of edges) await announce(edge);
  answer = says(sdl);
  await offer(appId);
  await decide(appId, true);
  await untilState(appId, 'joining');
  const { revision } = (await listedFor(appId))!;
  await report(appId, revision, '', edges[0]);
  expect(await shown(appId)).toMatchObject({ state: 'joining' });
  await report(appId, revision, '', edges[1]);
  expect(await shown(appId)).toMatchObject({ state: 'serving' });
  const third = newId('edg');
  await rpc().announceEdge({ edgeId: third, host: '127.0.0.1', port: 3, leaves: false }, asGateway());
  expect(await shown(appId)).toMatchObject({ state: 'joining' });
  for (const edge of [third, ...edges]) await announce(edge, true);
  expect(await shown(appId)).toMatchObject({ state: 'serving' });
});

test('what a deployment brings is refused with its reason, and the part of before stays', async () => {
  const { appId, name, sdl } = await liveApp();
  answer = says(sdl);
  await offer(appId);
  await decide(appId, true);
  await untilState(appId, 'joining');
  await report(appId, (await listedFor(appId))!.revision);
  await untilState(appId, 'serving');

  answer = says(`${link}type Query { beds: Int }`);
  await redeploy(appId);
  expect(await untilState(appId, 'outdated')).toMatchObject({ sdl, reason: expect.stringContaining(`${name}_beds`) });
  expect((await listedFor(appId))!.sdl).toBe(sdl);

  // It keeps the rules and does not fit the endpoint all the same.
  answer = says(`${link}type Query { ${name}_beds: Garden${count}_Bed }  type Garden${count}_Bed { a: Int }`);
  await redeploy(appId);
  await untilState(appId, 'joining');
  const misfit = (await listedFor(appId))!;
  await report(appId, misfit.revision, 'It does not compose.');
  expect(await untilState(appId, 'outdated')).toMatchObject({ reason: 'It does not compose.' });
  const before = (await listedFor(appId))!;
  expect(before.sdl).toBe(sdl);
  await report(appId, before.revision, 'Nor does this any more.');
  expect(await untilState(appId, 'refused')).toMatchObject({ reason: 'It does not compose.' });
  await report(appId, (await listedFor(appId))!.revision);
  await untilState(appId, 'serving');
});

test('an app that answers with something else is told why, and asked again', async () => {
  const { appId, sdl } = await liveApp();
  await offer(appId);
  await decide(appId, true);
  expect((await untilState(appId, 'refused')).reason).toBe(
    'The app answered 404 at /graphql, and no SDL to the query { _service { sdl } }.',
  );
  const cases: [RequestListener, RegExp][] = [
    [(_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /answered 302/],
    [(_request, response) => response.end('x'.repeat(300_000)), /larger than an SDL may be/],
    [(_request, response) => response.destroy(), /could not be reached/],
    [says(''), /no SDL/],
  ];
  for (const [bad, reason] of cases) {
    answer = bad;
    await offer(appId);
    await waitFor('its reason', async () => reason.test((await shown(appId))?.reason ?? ''), { timeoutMs: 20_000 });
  }
  answer = says(sdl);
  await untilState(appId, 'joining');
});

test('an app that does not answer holds nothing else up', async () => {
  const { appId } = await liveApp();
  const open: unknown[] = [];
  answer = (_request, response) => void open.push(response);
  await offer(appId);
  await decide(appId, true);
  await waitFor('the app to be asked', () => open.length > 0, { timeoutMs: 20_000 });
  await redeploy(appId);
  await house.ask('mutation($id: ID!) { removeApp(id: $id) }', { id: appId });
  await waitFor('compute to hear of it', () => house.compute.removedApps.includes(appId), { timeoutMs: 20_000 });
});

test('two apps have not one name, and a new name is a new offer', async () => {
  const first = await liveApp();
  answer = says(first.sdl);
  await offer(first.appId);
  await decide(first.appId, true);
  await untilState(first.appId, 'joining');
  const second = await liveApp();
  await expect(
    offer(second.appId, { name: first.name.toUpperCase().replace('GARDEN', 'gARDEN') }),
  ).rejects.toMatchObject({
    code: 'deploy.subgraph-name-taken',
  });
  expect(await offer(first.appId, { name: 'another' })).toMatchObject({ state: 'offered', sdl: null });
  expect(await listedFor(first.appId)).toBeUndefined();
});

test('only who builds an app offers it, only operators allow it, and nobody else hears of it', async () => {
  const { appId } = await liveApp();
  for (const [caller, code] of [
    [viewer, 'forbidden'],
    [stranger, 'not-found'],
  ] as const) {
    await expect(offer(appId, {}, caller)).rejects.toMatchObject({ code });
    await expect(
      house.ask('mutation($appId: ID!) { withdrawAppSubgraph(appId: $appId) }', { appId }, caller),
    ).rejects.toMatchObject({ code });
  }
  await offer(appId);
  for (const caller of [viewer, stranger]) {
    await expect(decide(appId, true, undefined, caller)).rejects.toHaveProperty('code');
    await expect(house.ask('{ appSubgraphs { name } }', {}, caller)).rejects.toHaveProperty('code');
  }
  const { appSubgraphs } = await house.ask<{ appSubgraphs: { appId: string; appName: string }[] }>(
    '{ appSubgraphs { appId appName } }',
  );
  expect(appSubgraphs).toContainEqual({ appId, appName: 'Web' });
  await expect(decide(newId('app'), true)).rejects.toMatchObject({ code: 'deploy.not-found' });
  await expect(offer(appId, { path: '//evil.example' })).rejects.toMatchObject({ code: 'deploy.bad-setting' });
  await expect(offer(appId, { name: 'a_b' })).rejects.toMatchObject({ code: 'deploy.bad-name' });
  await expect(rpc().listAppSubgraphs({}, as(house.ada))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(rpc().reportAppSubgraphs({ edgeId: ownEdge, reports: [] }, as(house.ada))).rejects.toMatchObject({
    code: 'forbidden',
  });
});
