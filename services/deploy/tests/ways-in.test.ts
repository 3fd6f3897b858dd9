/** Every way into the service, against one house that they share: hooks, uploads, logs, fields. Long for that alone. */
import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SpaceRemoved } from '@steading/contracts/spaces-events';
import { anonymous, type Caller, newId } from '@steading/kit';
import { callerFor, type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { Header } from 'tar';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deployApp, makeApp, startDeployHouse } from './deploy-house.ts';

let house: Awaited<ReturnType<typeof startDeployHouse>>;
let git: GitServer;
let repository: TestRepository;
let commit: string;
const txt = new Map<string, string[]>();
const guest = callerFor();
const stranger = callerFor();
let count = 0;

beforeAll(async () => {
  git = await startGitServer();
  house = await startDeployHouse({
    env: { STEADING_DEPLOY_STARTS_PER_MINUTE: '500' },
    outside: { lookUpTxt: async (name) => txt.get(name) ?? [] },
  });
  house.access.viewers.add(guest.principal);
  house.access.strangers.add(stranger.principal);
});
afterAll(async () => {
  await house.close();
  await git.stop();
});
beforeEach(async () => {
  Object.assign(house.compute.behave, { build: 'ok', rollout: 'ok', edge: 'ok', lines: [], lostEvery: 0 });
  repository = await git.repository(`ways-${++count}`);
  commit = await repository.commit({ 'index.html': 'one' });
});

async function renew(appId: string, hook: string): Promise<{ url: string; secret: string }> {
  const query = 'mutation($id: ID!, $hook: String!) { renewHook(appId: $id, hook: $hook) { url secret } }';
  return (await house.ask<{ renewHook: { url: string; secret: string } }>(query, { id: appId, hook })).renewHook;
}

function pushBody(more: object = {}): string {
  return JSON.stringify({
    ref: 'refs/heads/main',
    after: commit,
    head_commit: { id: commit, message: 'Plant', author: { name: 'Ada' } },
    nonce: Math.random(),
    ...more,
  });
}

function github(appId: string, secret: string, body: string, more: Record<string, string> = {}): Promise<Response> {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const headers = {
    'x-github-event': 'push',
    'x-github-delivery': newId('dlv'),
    'x-hub-signature-256': signature,
    ...more,
  };
  return house.fetch('POST', `/hooks/deploy/git/${appId}`, { headers, body }, anonymous('req_hook'));
}

test('a push with the right signature deploys its commit, once', async () => {
  const { appId } = await makeApp(house, repository.url);
  const { url, secret } = await renew(appId, 'webhook');
  expect(url).toBe(`http://localhost:4600/hooks/deploy/git/${appId}`);
  const body = pushBody();
  const answer = await github(appId, secret, body, { 'x-github-delivery': 'one' });
  expect(answer.status).toBe(202);
  const { deploymentId } = (await answer.json()) as { deploymentId: string };
  await house.untilState(deploymentId, 'live');
  const { deployment } = await house.ask<{ deployment: object }>(
    'query($id: ID!) { deployment(id: $id) { trigger commit by { id } } }',
    { id: deploymentId },
  );
  expect(deployment).toEqual({ trigger: 'push', commit, by: null });
  expect((await github(appId, secret, body, { 'x-github-delivery': 'one' })).status).toBe(409);
  expect((await github(appId, secret, body, { 'x-github-delivery': 'two' })).status).toBe(409);
  expect((await github(appId, secret, pushBody(), { 'x-github-delivery': 'one' })).status).toBe(409);
});

test('twenty pushes at once: one at a time is under way, the newest is live, and each of the others says which is newer', async () => {
  const { appId } = await makeApp(house, repository.url);
  const { secret } = await renew(appId, 'webhook');
  const seen = house.events.length;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => github(appId, secret, pushBody({ number: index }))),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  const asked = (await Promise.all(answers.map((answer) => answer.json()))) as {
    deploymentId: string;
    number: number;
  }[];
  const newestFirst = asked.toSorted((a, b) => b.number - a.number);
  await house.untilState(newestFirst[0]!.deploymentId, 'live');
  for (const { deploymentId, number } of newestFirst.slice(1)) {
    const { state, reason, reasonCode } = await house.untilState(deploymentId, 'superseded');
    expect(state).toBe('superseded');
    // Not begun, or live for a moment before.
    expect(['newer', 'replaced']).toContain(reasonCode);
    expect(Number(/[Dd]eployment (\d+)/.exec(reason ?? '')?.[1])).toBeGreaterThan(number);
  }
  const active = new Set<string>();
  for (const { type, data } of house.events.slice(seen)) {
    const { deploymentId, state, ...of } = data as { appId: string; deploymentId: string; state: string };
    if (type !== 'deploy.deployment.changed' || of.appId !== appId) continue;
    if (['cloning', 'building', 'pushing', 'deploying', 'verifying'].includes(state)) active.add(deploymentId);
    else active.delete(deploymentId);
    expect(active.size).toBeLessThanOrEqual(1);
  }
});

test('forged, unsigned, foreign and unreadable deliveries are refused, and none deploys', async () => {
  const { appId } = await makeApp(house, repository.url);
  const other = await makeApp(house, repository.url);
  expect((await github(appId, 'guess', pushBody())).status).toBe(401);
  const { secret } = await renew(appId, 'webhook');
  const foreign = await renew(other.appId, 'webhook');
  expect((await github(appId, foreign.secret, pushBody())).status).toBe(401);
  expect((await github(appId, secret, pushBody(), { 'x-hub-signature-256': 'sha256=00' })).status).toBe(401);
  expect((await github(appId, secret, '{')).status).toBe(400);
  expect(
    (await github(appId, secret, JSON.stringify({ ref: 'refs/heads/--upload-pack=x', after: commit }))).status,
  ).toBe(400);
  expect((await github(newId('app'), secret, pushBody())).status).toBe(401);
  expect((await github('../../x', secret, pushBody())).status).toBe(404);
  const { app } = await house.ask<{ app: { deployments: { nodes: unknown[] } } }>(
    'query($id: ID!) { app(id: $id) { deployments { nodes { id } } } }',
    { id: appId },
  );
  expect(app.deployments.nodes).toEqual([]);
});

test('pings, other branches, removed branches and [skip ci] are taken note of and deploy nothing', async () => {
  const { appId } = await makeApp(house, repository.url);
  const { secret } = await renew(appId, 'webhook');
  for (const [body, headers] of [
    [pushBody(), { 'x-github-event': 'ping' }],
    [pushBody({ ref: 'refs/heads/other' }), {}],
    [pushBody({ after: '0'.repeat(40) }), {}],
    [pushBody({ head_commit: { id: commit, message: 'Docs [skip ci]' } }), {}],
  ] as const) {
    const answer = await github(appId, secret, body, headers as Record<string, string>);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('ignored');
  }
});

test('a renewed secret ends the old one', async () => {
  const { appId } = await makeApp(house, repository.url);
  const old = await renew(appId, 'webhook');
  await renew(appId, 'webhook');
  expect((await github(appId, old.secret, pushBody())).status).toBe(401);
});

test('the deploy hook takes its own token and no other', async () => {
  const { appId } = await makeApp(house, repository.url);
  const run = (authorization?: string) =>
    house.fetch(
      'POST',
      `/hooks/deploy/run/${appId}`,
      authorization ? { headers: { authorization } } : {},
      anonymous('req_hook'),
    );
  expect((await run('Bearer ')).status).toBe(401);
  const { secret } = await renew(appId, 'deploy-hook');
  expect((await run()).status).toBe(401);
  expect((await run(`Bearer ${secret}x`)).status).toBe(401);
  expect((await run(`Bearer ${(await renew(appId, 'webhook')).secret}`)).status).toBe(401);
  expect((await run(`Bearer ${secret}`)).status).toBe(202);
});

function tar(path: string, text: string): Buffer {
  const block = Buffer.alloc(512);
  new Header({ path, type: 'File', size: text.length, mode: 0o644, mtime: new Date(0) }).encode(block);
  return gzipSync(Buffer.concat([block, Buffer.from(text.padEnd(512, '\0')), Buffer.alloc(1024)]));
}

test('an uploaded archive is deployed, and again when asked', async () => {
  const { appId } = await makeApp(house, '');
  await expect(deployApp(house, appId)).rejects.toMatchObject({ code: 'deploy.needs-archive' });
  const answer = await house.fetch('POST', `/api/deploy/archive?app=${appId}`, { body: tar('index.html', 'hello') });
  expect(answer.status).toBe(202);
  const { deploymentId } = (await answer.json()) as { deploymentId: string };
  await house.untilState(deploymentId, 'live');
  const build = house.compute.builds.find(({ request }) => request.appId === appId);
  expect(build!.read('index.html')).toBe('hello');
  await house.untilState(await deployApp(house, appId), 'live');
});

test('a hostile archive is refused with a catalogue error and leaves nothing', async () => {
  const { appId } = await makeApp(house, '');
  const before = readdirSync(join(house.dataDir, 'deploy/archives'));
  const answer = await house.fetch('POST', `/api/deploy/archive?app=${appId}`, { body: tar('../out', 'x') });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: 'deploy.bad-archive' } });
  expect(readdirSync(join(house.dataDir, 'deploy/archives'))).toEqual(before);
  expect(readdirSync(join(house.dataDir, 'deploy/inspections'))).toEqual([]);
});

const log =
  'subscription($d: ID!, $after: Int) { deploymentLog(id: $d, after: $after) { last lines { position text } } }';
interface LogAnswer {
  readonly deploymentLog: { readonly last: number; readonly lines: readonly { readonly position: number }[] };
}

test('a log is followed from where the reader was, without a gap', async () => {
  const { appId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  // Begun while it runs, broken off after the first lines, and taken up again.
  const seen: number[] = [];
  for await (const { deploymentLog } of house.follow<LogAnswer>(log, { d: id })) {
    seen.push(...deploymentLog.lines.map((line) => line.position));
    expect(deploymentLog.last).toBe(seen.at(-1));
    break;
  }
  for await (const { deploymentLog } of house.follow<LogAnswer>(log, { d: id, after: seen.at(-1) }))
    seen.push(...deploymentLog.lines.map((line) => line.position));
  expect((await house.untilState(id, 'live')).state).toBe('live');
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  expect(seen.length).toBeGreaterThan(4);
});

test('a log is no longer followed when its reader may no longer read, although no line comes', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.build = 'hang';
  const id = await deployApp(house, appId);
  await house.untilState(id, 'building');
  const reader = callerFor();
  const read = async () => {
    for await (const { deploymentLog } of house.follow<LogAnswer>(log, { d: id }, reader)) {
      expect(deploymentLog.last).toBeGreaterThan(0);
      house.access.strangers.add(reader.principal);
      house.access.changed();
    }
  };
  await expect(read()).rejects.toMatchObject({ code: 'not-found' });
  await house.ask('mutation($id: ID!) { cancelDeployment(id: $id) { id } }', { id });
});

test('an app’s deployments are followed: the newest as it is, then each change', async () => {
  const { appId } = await makeApp(house, repository.url);
  const first = await deployApp(house, appId);
  await house.untilState(first, 'live');
  const query = 'subscription($a: ID!) { deploymentChanged(appId: $a) { id state app { id live { id } } } }';
  const seen: { id: string; state: string; live: string | undefined }[] = [];
  let second: string | undefined;
  for await (const { deploymentChanged: one } of house.follow<{
    deploymentChanged: { id: string; state: string; app: { id: string; live: { id: string } | null } };
  }>(query, { a: appId })) {
    expect(one.app.id).toBe(appId);
    seen.push({ id: one.id, state: one.state, live: one.app.live?.id });
    second ??= await deployApp(house, appId);
    if (one.id === second && one.state === 'live') break;
  }
  expect(seen[0]).toEqual({ id: first, state: 'live', live: first });
  // What the other service and the rest of the plan tell is of the moment: nothing of an earlier event is kept.
  expect(seen.at(-1)).toEqual({ id: second, state: 'live', live: second });
  // A slow reader is given changes as one, and never an earlier state after a later one.
  const states = seen.filter(({ id }) => id === second).map(({ state }) => state);
  const order = ['queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live'];
  expect(states.length).toBeGreaterThan(1);
  expect(states).toEqual(states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
  expect(order).toEqual(expect.arrayContaining(states));
});

test('what an app says is followed, or read once', async () => {
  const { appId } = await makeApp(house, repository.url);
  const query = 'subscription($a: ID!) { appLog(appId: $a, follow: false) { last lines { position text stream } } }';
  const seen: unknown[] = [];
  for await (const answer of house.follow(query, { a: appId })) seen.push(answer);
  expect(seen).toEqual([{ appLog: { last: 1, lines: [{ position: 1, text: 'listening', stream: 'stdout' }] } }]);
});

/** Every field that takes an id of this service. */
const fields: readonly [string, string][] = [
  ['project', 'query($p: ID!) { project(id: $p) { id } }'],
  ['app', 'query($a: ID!) { app(id: $a) { id } }'],
  ['deployment', 'query($d: ID!) { deployment(id: $d) { id } }'],
  ['variables', 'query($a: ID!) { variables(ownerId: $a) { name } }'],
  ['deploymentChanged', 'subscription($a: ID!) { deploymentChanged(appId: $a) { id } }'],
  ['deploymentLog', 'subscription($d: ID!) { deploymentLog(id: $d) { last } }'],
  ['appLog', 'subscription($a: ID!) { appLog(appId: $a, follow: false) { last } }'],
  ['deploy', 'mutation($a: ID!) { deploy(appId: $a) { id } }'],
  ['cancelDeployment', 'mutation($d: ID!) { cancelDeployment(id: $d) { id } }'],
  ['rollBack', 'mutation($a: ID!, $d: ID!) { rollBack(appId: $a, toDeploymentId: $d) { id } }'],
  ['updateApp', 'mutation($a: ID!) { updateApp(id: $a, input: {name: "x"}) { id } }'],
  ['removeApp', 'mutation($a: ID!) { removeApp(id: $a) }'],
  ['stopApp', 'mutation($a: ID!) { stopApp(id: $a) { id } }'],
  ['startApp', 'mutation($a: ID!) { startApp(id: $a) { id } }'],
  ['setVariables', 'mutation($a: ID!) { setVariables(ownerId: $a, variables: []) { name } }'],
  ['removeVariable', 'mutation($a: ID!) { removeVariable(ownerId: $a, name: "x") }'],
  ['addDomain', 'mutation($a: ID!) { addDomain(appId: $a, host: "a.example.com") { host } }'],
  ['verifyDomain', 'mutation($a: ID!) { verifyDomain(appId: $a, host: "a.example.com") { host } }'],
  ['removeDomain', 'mutation($a: ID!) { removeDomain(appId: $a, host: "a.example.com") }'],
  ['renewHook', 'mutation($a: ID!) { renewHook(appId: $a, hook: "webhook") { secret } }'],
  ['updateProject', 'mutation($p: ID!) { updateProject(id: $p, input: {name: "x"}) { id } }'],
  ['removeProject', 'mutation($p: ID!) { removeProject(id: $p) }'],
  ['createEnvironment', 'mutation($p: ID!) { createEnvironment(projectId: $p, name: "x") { id } }'],
];

async function attempt(query: string, ids: Record<string, string>, caller: Caller): Promise<string> {
  const used = Object.fromEntries(Object.entries(ids).filter(([name]) => query.includes(`$${name}:`)));
  const asked = query.startsWith('subscription') ? opened(query, used, caller) : house.ask(query, used, caller);
  return asked.then(
    () => 'allowed',
    (error: { code: string }) => error.code,
  );
}

async function opened(query: string, used: Record<string, string>, caller: Caller): Promise<void> {
  for await (const _answer of house.follow(query, used, caller)) return;
}

test('a stranger is told that nothing is there; a guest sees and changes nothing; nobody is asked to sign in', async () => {
  const { appId, projectId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  const ids = { a: appId, p: projectId, d: id };
  // The last event of the deployment may still be on its way; what the attempts below led to is what is counted.
  const own = () => house.events.filter((event) => [guest, stranger].some((one) => one.principal === event.actor));
  for (const [name, query] of fields) {
    expect([name, await attempt(query, ids, stranger)]).toEqual([name, 'not-found']);
    expect([name, await attempt(query, ids, anonymous('req_x'))]).toEqual([name, 'unauthenticated']);
    const readable = ['project', 'app', 'deployment', 'deploymentChanged'].includes(name);
    expect([name, await attempt(query, ids, guest)]).toEqual([name, readable ? 'allowed' : 'forbidden']);
    for (const bad of ['', '1', "' or 1=1 --", newId('app'), 'x'.repeat(3000)])
      expect([name, await attempt(query, { a: bad, p: bad, d: bad }, house.ada)]).not.toEqual([name, 'internal']);
  }
  expect(own()).toEqual([]);
  const lines = 'query($d: ID!) { deployment(id: $d) { log { last } } }';
  expect(await attempt(lines, ids, guest)).toBe('forbidden');
  const why = 'query($a: ID!) { app(id: $a) { may { deploy readLogs } why(action: "deploy") { allowed text } } }';
  expect(await house.ask(why, { a: appId }, guest)).toEqual({
    app: { may: { deploy: false, readLogs: false }, why: { allowed: false, text: 'about app.deploy' } },
  });
});

test('a host that another app has is refused; an own one is proven by DNS and then routed', async () => {
  const one = await makeApp(house, repository.url);
  const two = await makeApp(house, repository.url);
  const add =
    'mutation($a: ID!, $h: String!) { addDomain(appId: $a, host: $h) { host state verification { recordName recordValue } } }';
  const verify = 'mutation($a: ID!, $h: String!) { verifyDomain(appId: $a, host: $h) { state } }';
  const { addDomain } = await house.ask<{
    addDomain: { host: string; state: string; verification: { recordName: string; recordValue: string } };
  }>(add, { a: one.appId, h: 'Shop.Example.com' });
  expect(addDomain).toMatchObject({
    host: 'shop.example.com',
    state: 'pending',
    verification: { recordName: '_steading.shop.example.com' },
  });
  await expect(house.ask(add, { a: two.appId, h: 'shop.example.com' })).rejects.toMatchObject({
    code: 'deploy.host-taken',
  });
  await expect(house.ask(verify, { a: one.appId, h: 'shop.example.com' })).rejects.toMatchObject({
    code: 'deploy.domain-not-proven',
  });
  txt.set('_steading.shop.example.com', [addDomain.verification.recordValue]);
  expect(await house.ask(verify, { a: one.appId, h: 'shop.example.com' })).toEqual({
    verifyDomain: { state: 'verified' },
  });
  await expect(house.ask(add, { a: two.appId, h: 'x.localhost' })).rejects.toMatchObject({ code: 'deploy.bad-host' });
});

test('two projects of the same name in two spaces get two hosts', async () => {
  house.access.nodes.set('spc_other', 'platform');
  const hosts = [];
  for (const spaceId of ['spc_garden', 'spc_other']) {
    const create = 'mutation($s: ID!) { createProject(spaceId: $s, nameId: "same", name: "Same") { id } }';
    const { createProject } = await house.ask<{ createProject: { id: string } }>(create, { s: spaceId });
    const input = { projectId: createProject.id, nameId: 'web', name: 'Web', source: { kind: 'archive' } };
    const made = await house.ask<{ createApp: { url: string } }>(
      'mutation($input: CreateAppInput!) { createApp(input: $input) { url } }',
      { input },
    );
    hosts.push(made.createApp.url);
  }
  expect(hosts[0]).toBe('http://web-same.localhost:4600');
  expect(hosts[1]).toMatch(/^http:\/\/web-same-[0-9a-f]{8}\.localhost:4600$/);
  const found = await house.ask<{ findApp: { url: string } }>('query { findApp(path: "other/same/web") { url } }');
  expect(found.findApp.url).toBe(hosts[1]);
});

test.each([
  ['file:///etc/passwd', {}, 'deploy.bad-source-url'],
  ['--upload-pack=id', {}, 'deploy.bad-source-url'],
  ['ext::sh -c id', {}, 'deploy.bad-source-url'],
  ['https://u:p@git.example.org/x', {}, 'deploy.bad-source-url'],
  ['https://git.example.org/x', { branch: '--upload-pack=id' }, 'deploy.bad-ref'],
  ['https://git.example.org/x', { commit: '-x' }, 'deploy.bad-ref'],
  ['https://git.example.org/x', { token: 'a\r\nX: y' }, 'deploy.bad-setting'],
])('an app from %s %j is refused', async (url, more, code) => {
  const { projectId } = await makeApp(house, repository.url);
  const input = { projectId, nameId: 'bad', name: 'Bad', source: { kind: 'git', url, ...more } };
  const nodes = house.access.nodes.size;
  await expect(
    house.ask('mutation($input: CreateAppInput!) { createApp(input: $input) { id } }', { input }),
  ).rejects.toMatchObject({ code });
  expect(house.access.nodes.size).toBe(nodes);
});

test('a look at a repository says what would be built, or what is wrong', async () => {
  const query =
    'query($u: String!) { inspectSource(url: $u, spaceId: "spc_garden") { ok problem branches defaultBranch detection { title } } }';
  expect(await house.ask(query, { u: repository.url })).toEqual({
    inspectSource: {
      ok: true,
      problem: null,
      branches: ['main'],
      defaultBranch: 'main',
      detection: { title: 'Static site' },
    },
  });
  expect(await house.ask(query, { u: `${git.url}/none.git` })).toMatchObject({
    inspectSource: { ok: false, problem: expect.stringContaining('no repository') },
  });
  expect(await house.ask(query, { u: 'file:///etc' })).toMatchObject({ inspectSource: { ok: false } });
});

test('a token is forgotten when the address moves to another server, and never shown', async () => {
  const { appId } = await makeApp(house, repository.url, {
    source: { kind: 'git', url: repository.url, branch: 'main', token: 'tok-12345', withDeployKey: true },
  });
  const query = 'query($a: ID!) { app(id: $a) { source { hasToken deployKey } } }';
  const before = await house.ask<{ app: { source: { hasToken: boolean; deployKey: string } } }>(query, { a: appId });
  expect(before.app.source).toEqual({ hasToken: true, deployKey: expect.stringMatching(/^ssh-ed25519 /) });
  await house.ask(
    'mutation($a: ID!) { updateApp(id: $a, input: {source: {kind: "git", url: "https://git.example.org/x"}}) { id } }',
    { a: appId },
  );
  expect(await house.ask(query, { a: appId })).toMatchObject({ app: { source: { hasToken: false } } });
});

test('every change is told to the audit trail, without values', async () => {
  const { appId } = await makeApp(house, repository.url);
  await house.ask(
    'mutation($a: ID!) { setVariables(ownerId: $a, variables: [{name: "KEY", value: "hunter22", secret: true}]) { name } }',
    { a: appId },
  );
  const mine = () =>
    house.events
      .filter((event) => event.type === 'audit.recorded' && event.key === appId)
      .map((event) => event.data as { action: string });
  await waitFor('the audit', () => mine().some((data) => data.action === 'deploy.variables-set'));
  expect(mine().map((data) => data.action)).toEqual(['deploy.app-created', 'deploy.variables-set']);
  expect(JSON.stringify(house.events)).not.toContain('hunter22');
});

test('a space that goes takes its projects along', async () => {
  const { appId, projectId } = await makeApp(house, repository.url);
  await house.context.db.write((tx) =>
    house.context.bus.emit(tx, SpaceRemoved, { key: 'spc_garden', caller: house.ada, data: { spaceId: 'spc_garden' } }),
  );
  await waitFor('compute to be told', () => house.compute.removedApps.includes(appId));
  await expect(house.ask('query($p: ID!) { project(id: $p) { id } }', { p: projectId })).rejects.toMatchObject({
    code: 'not-found',
  });
});
