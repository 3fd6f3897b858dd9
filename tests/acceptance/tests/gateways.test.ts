/** Two gateways of one house: what happens through one is so at the other, and either may die. */
import { join as path } from 'node:path';
import { type GitServer, startGitServer, startRunningTime, type TestRepository, waitFor } from '@steading/testkit';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { steading } from '#src/command.ts';
import { join, openLive } from '#src/live-connection.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, createPerson, deploymentEnds, type Person, password, registerPerson } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';
import { openSubscription } from '#src/subscription.ts';

let house: RunningShape;
let git: GitServer;
let repository: TestRepository;
let operator: Person;
let app: MadeApp;
const perMinute = 400;

beforeAll(async () => {
  [house, git] = await Promise.all([
    startShape('several processes', { STEADING_REQUESTS_PER_MINUTE: String(perMinute) }),
    startGitServer(),
  ]);
  operator = await claimHouse(house.url, house.setupToken);
  repository = await git.repository('gateways');
  await repository.commit(serverApp('0'));
  app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
});
afterAll(async () => {
  await house?.stop();
  await git?.stop();
});

/** The same person at each gateway. */
const atEach = (person = operator) =>
  house.gateways.map(({ port }) => createPerson(`http://localhost:${port}`, person.cookie()));
const visitEach = (host = app.host) => Promise.all(house.gateways.map(({ port }) => visit({ port }, host)));

async function deploymentOf(id: string, by = operator): Promise<{ state: string; log: { lines: { text: string }[] } }> {
  const { deployment } = await by.graph<{ deployment: { state: string; log: { lines: { text: string }[] } } }>(
    'query ($id: ID!) { deployment(id: $id) { state log { lines { text } } } }',
    { id },
  );
  return deployment;
}

async function deployText(text: string): Promise<string> {
  await repository.commit(serverApp(text), `Say ${text}`);
  return startDeployment(operator, app.id);
}

test('what was made through one gateway is there through the other at once', async () => {
  const at = atEach();
  for (let round = 0; round < 10; round++) {
    const [here, there] = round % 2 === 0 ? at : at.toReversed();
    const { createSpace } = await here!.graph<{ createSpace: { id: string } }>(
      'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
      { input: { nameId: `space-${round}`, name: 'A space', privacy: 'private' } },
    );
    // Another service, in another process, whose copy of the forest hears of the space after it was answered for.
    const { createProject } = await there!.graph<{ createProject: { id: string } }>(
      'mutation ($space: ID!) { createProject(spaceId: $space, nameId: "site", name: "Site") { id } }',
      { space: createSpace.id },
    );
    expect(createProject.id).toMatch(/^prj_/);
  }
});

test('the command shows the processes that run here, and how the whole house is where a gateway does', async () => {
  const at = (folder: string) => ({ STEADING_DATA: folder, DATABASE_URL: house.databaseUrl, HOME: house.dataDir });
  const shared = at(house.dataDir);
  const [here, there, doctor, up, restart] = await Promise.all([
    steading(['status', '--json'], shared),
    steading(['status'], at(path(house.dataDir, 'gateway-3'))),
    steading(['doctor'], shared),
    steading(['up', '--port', '1'], shared),
    steading(['restart'], shared),
  ]);
  const told = JSON.parse(here.out) as { ready: boolean; processes: { pid: number; services: string[] }[] };
  expect(told).toMatchObject({ running: true, ready: true, url: house.url });
  expect(told.processes.map(({ services }) => services.join(' ')).sort()).toEqual([
    'compute deploy',
    'forest identity spaces observe',
    'gateway',
  ]);
  expect(house.pids()).toEqual(expect.arrayContaining(told.processes.map(({ pid }) => pid)));
  expect(there.out).toMatch(/^Ready: .*\n.*: gateway, data in/);
  expect(doctor.out).toMatch(/house: is ready at/);
  expect(up).toMatchObject({ code: 1, err: expect.stringContaining('A house of several processes runs on') });
  expect(restart.err).toContain('Say which of them: steading restart compute deploy');
  expect(house.pids()).toHaveLength(4);
});

test('a live socket and a subscription at either gateway hear what was done through the other', async () => {
  const sockets = await Promise.all(atEach().map((one) => openLive(one.url, one.cookie())));
  const heard: string[][] = [[], []];
  for (const [index, socket] of (sockets as Socket[]).entries()) {
    expect(await join(socket, { topic: 'app', id: app.id })).toEqual({ ok: true });
    socket.on('events', ({ events }: { events: { data: { state: string } }[] }) =>
      heard[index]!.push(...events.map(({ data }) => data.state)),
    );
  }
  const query = 'subscription ($app: ID!) { deploymentChanged(appId: $app) { state } }';
  const streams = await Promise.all(
    atEach().map(({ url, cookie }) =>
      openSubscription(url, { query, variables: { app: app.id } }, { origin: url, cookie: cookie() }),
    ),
  );
  const id = await deployText('1');
  expect((await deploymentEnds(operator, id)).state).toBe('live');
  for (const index of [0, 1]) {
    await waitFor('the socket to hear of it', () => heard[index]!.includes('live'));
    await waitFor('the subscription to hear of it', () => streams[index]!.text().includes('"live"'));
  }
  for (const socket of sockets as Socket[]) socket.disconnect();
  for (const stream of streams) stream.leave();
  expect(await visitEach()).toEqual([
    { status: 200, text: '1' },
    { status: 200, text: '1' },
  ]);
});

test('a new password ends every session at both gateways within a second, and gives a new one to who changed it', async () => {
  const person = await registerPerson(operator, 'Petra', 'petra@example.org');
  const old = person.cookie();
  const stolen = atEach(person);
  const sessionOf = async (one: Person) =>
    (await one.graph<{ viewer: { sessionId: string } | null }>('{ viewer { sessionId } }')).viewer?.sessionId;
  const before = await sessionOf(stolen[0]!);
  expect(await sessionOf(stolen[1]!)).toBe(before);
  const live = (await openLive(house.url, person.cookie())) as Socket;
  const ended = new Promise((done) => live.once('ended', ({ reason }) => done(reason)));
  const next = 'another battery and another staple';
  expect((await person.rest('POST', '/auth/password', { current: password, next })).status).toBe(200);
  const time = startRunningTime();
  for (const thief of stolen)
    await waitFor('the old cookie to be nobody', async () => (await sessionOf(thief)) === undefined);
  expect(await ended).toBe('signed-out');
  expect(time.stop()).toBeLessThan(1_000);
  const after = await Promise.all(atEach(person).map(sessionOf));
  expect(after[0]).toMatch(/^ses_/);
  expect(after).toEqual([after[0], after[0]]);
  expect(after[0]).not.toBe(before);
  // An answer to who asked with the old cookie meanwhile must not take the new one from their browser.
  expect(stolen.map((thief) => thief.cookie())).toEqual([old, old]);
});

test('a session that is ended at one gateway is over at both within a second, with what it had open', async () => {
  const second = createPerson(house.url);
  const signedIn = await second.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password });
  expect(signedIn.status).toBeLessThan(300);
  const at = atEach(second);
  const { viewer } = await at[0]!.graph<{ viewer: { sessionId: string } }>('{ viewer { sessionId } }');
  await at[1]!.graph('{ viewer { sessionId } }');
  const sockets = (await Promise.all(at.map((one) => openLive(one.url, one.cookie())))) as Socket[];
  const query = 'subscription ($app: ID!) { deploymentChanged(appId: $app) { state } }';
  const streams = await Promise.all(
    at.map(({ url, cookie }) =>
      openSubscription(url, { query, variables: { app: app.id } }, { origin: url, cookie: cookie() }),
    ),
  );
  const closed = sockets.map(
    (socket) => new Promise<number>((done) => socket.once('disconnect', () => done(performance.now()))),
  );
  await atEach()[1]!.graph('mutation ($id: ID!) { endSession(id: $id) }', { id: viewer.sessionId });
  const ended = performance.now();
  for (const one of at)
    await waitFor(
      'the session to be refused',
      async () => (await one.graph<{ viewer: unknown }>('{ viewer { sessionId } }')).viewer === null,
      { timeoutMs: 1_000 },
    );
  for (const each of [...closed, ...streams.map((stream) => stream.ended)])
    expect((await each) - ended).toBeLessThan(1_000);
});

test('live is not said while a gateway does not send requests to the new version', async () => {
  const stuck = house.gateways[1]!.child;
  const [here] = atEach();
  const id = await deployText('2');
  await waitFor('it to be built', async () =>
    ['deploying', 'verifying'].includes((await deploymentOf(id, here)).state),
  );
  stuck.kill('SIGSTOP');
  try {
    await waitFor('the other gateway to have it', async () => (await visit(house.gateways[0]!, app.host)).text === '2');
    await waitFor('its verification', async () => (await deploymentOf(id, here)).state === 'verifying');
    // Longer than one gateway needs to be called reached.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await deploymentOf(id, here)).state).toBe('verifying');
  } finally {
    stuck.kill('SIGCONT');
  }
  expect((await deploymentEnds(operator, id)).state).toBe('live');
  expect((await visitEach()).map(({ text }) => text)).toEqual(['2', '2']);
});

test('a gateway that is killed takes nothing with it, and holds no deployment up', async () => {
  const { child, port } = house.gateways[1]!;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const id = await deployText('3');
  await waitFor('it to be built', async () => (await deploymentOf(id)).state !== 'queued');
  child.kill('SIGKILL');
  await gone;
  await waitFor('people to be led to the other', async () => (await fetch(`${house.url}/readyz`)).ok);
  const ended = await waitFor('its end', () => deploymentEnds(operator, id));
  expect(ended.state).toBe('live');
  expect((await visit(house, app.host)).text).toBe('3');
  const { log } = await deploymentOf(id);
  expect(log.lines.map(({ text }) => text).join('\n')).toContain(`127.0.0.1:${port} is not there`);
  await house.startAgain(3);
  const next = await deployText('4');
  expect((await deploymentEnds(operator, next)).state).toBe('live');
  expect((await visitEach()).map(({ text }) => text)).toEqual(['4', '4']);
  expect((await deploymentOf(next)).log.lines.map(({ text }) => text).join('\n')).not.toContain('is not there');
});

test('deploy and compute killed in the middle: visitors notice nothing, and the deployment ends in truth', async () => {
  const id = await deployText('5');
  await waitFor('it to be built', async () => ['deploying', 'verifying'].includes((await deploymentOf(id)).state));
  const child = house.processes[1]!;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  for (const { status, text } of await visitEach()) {
    expect(status).toBe(200);
    expect(['4', '5']).toContain(text);
  }
  await house.startAgain(1);
  const ended = await waitFor('its end', () => deploymentEnds(operator, id), { timeoutMs: 60_000 });
  expect(['live', 'failed']).toContain(ended.state);
  const expected = ended.state === 'live' ? '5' : '4';
  await waitFor('both gateways to serve it', async () => (await visitEach()).every(({ text }) => text === expected));
});

test('sign-ins are locked by failures at both, and requests are counted at both', async () => {
  const at = house.gateways.map(({ port }) => createPerson(`http://localhost:${port}`));
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, attempt) =>
      at[attempt % 2]!.rest('POST', '/auth/sign-in', { email: 'nobody@example.org', password: 'wrong password' }),
    ),
  );
  const codes = answers.map(({ body }) => (body.error as { code: string }).code);
  // The first two tries are free of waiting, whichever gateway they come to.
  expect(codes.filter((code) => code === 'identity.wrong-credentials')).toHaveLength(2);
  expect(codes.filter((code) => code === 'identity.locked')).toHaveLength(4);

  const guest = await registerPerson(operator, 'Gita Guest', 'gita@example.org');
  const guests = atEach(guest);
  // At either gateway fewer than a minute's requests; at both together more.
  const refused = async () =>
    (await Promise.all(guests.map((one) => one.rest('GET', '/auth/nothing')))).filter(({ status }) => status === 429);
  let asked = 0;
  await waitFor(
    'both gateways to refuse',
    async () => {
      asked += 2;
      return (await refused()).length === 2;
    },
    { timeoutMs: 30_000, everyMs: 1 },
  );
  expect(asked).toBeLessThan(perMinute * 1.5);
});

test('the command stops the processes that share a folder, also when it is asked twice at once', async () => {
  const env = { STEADING_DATA: house.dataDir, DATABASE_URL: house.databaseUrl, HOME: house.dataDir };
  const elsewhere = house.gateways[1]!.child.pid;
  const [one, other] = await Promise.all([steading(['down'], env), steading(['down'], env)]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(one.out + other.out).toContain('The processes of the house that ran here have stopped.');
  expect(house.pids().filter((pid) => pid !== elsewhere)).toEqual([]);
  expect((await steading(['status'], env)).code).toBe(1);
});
