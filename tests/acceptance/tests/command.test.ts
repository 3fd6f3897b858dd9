import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { findEmbeddedPostgres } from '@steading/db';
import { waitFor } from '@steading/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, steading } from '#src/command.ts';
import { createPerson } from '#src/person.ts';
import { freePorts } from '#src/shapes.ts';

describe('the command', () => {
  const data = makeFolder('data');
  const home = makeFolder('home');
  const env = { HOME: home, STEADING_DATA: data };
  let port = 0;
  let taken: Server;
  let takenPort = 0;

  beforeAll(async () => {
    [port = 0, takenPort = 0] = await freePorts(2);
    taken = createServer().listen(takenPort, '127.0.0.1');
  });
  afterAll(async () => {
    await steading(['down'], env);
    taken.close();
    for (const folder of [data, home]) rmSync(folder, { recursive: true, force: true });
  });

  const readPid = (file: string) => Number(readFileSync(file, 'utf8').split('\n')[0]);
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;

  test('says in one sentence that a port is taken', async () => {
    const said = await steading(['up', '--port', String(takenPort)], env);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toMatch(/Port \d+ is taken.*--port/);
  });

  test('says in one sentence that a folder cannot be used', async () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const said = await steading(['up', '--data', file, '--port', String(port)], env);
    expect(said.code).toBe(1);
    expect(said.err).toMatch(/is not a folder.*--data/);
  });

  test('brings a demo up, with an app that answers', async () => {
    const said = await steading(['up', '--demo', '--port', String(port), '--json'], env);
    expect(said.err).not.toContain('should not happen');
    expect(said.code).toBe(0);
    const told = JSON.parse(said.out) as { url: string; appUrl: string; email: string; password: string };
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { host: new URL(told.appUrl).host } }).catch(
      () => undefined,
    );
    expect(page).toBeDefined();
    const person = createPerson(told.url);
    expect(
      (await person.rest('POST', '/auth/sign-in', { email: told.email, password: told.password })).status,
    ).toBeLessThan(300);
  });

  test('says that it runs already', async () => {
    const said = await steading(['up', '--port', String(port)], env);
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/runs already/);
  });

  test('knows who you are, your spaces and your deployments', async () => {
    const who = await steading(['whoami', '--json'], env);
    expect(JSON.parse(who.out)).toMatchObject({ isOperator: true });
    const spaces = await steading(['spaces'], env);
    expect(spaces.out).toContain('demo-garden/demo/hello');
    const deployments = await steading(['deployments', '--app', 'demo-garden/demo/hello', '--json'], env);
    expect(JSON.parse(deployments.out)).toMatchObject([{ number: 1, state: 'live' }]);
  });

  test('sets a variable, deploys a folder with it, shows its log and goes back', async () => {
    const app = ['--app', 'demo-garden/demo/hello'];
    expect((await steading(['env', 'set', 'GREETING_NAME=Grace', ...app], env)).code).toBe(0);
    const deployed = await steading(['deploy', 'examples/hello', ...app], env);
    expect(deployed.out).toMatch(/Live: .*0 lost/);
    const host = /Live: http:\/\/([^ /]+)/.exec(deployed.out)?.[1] ?? '';
    const { request } = await import('undici');
    const page = async () => (await request(`http://127.0.0.1:${port}/`, { headers: { host } })).body.text();
    expect(await page()).toContain('Grace');
    expect((await steading(['logs', ...app], env)).out).toContain('hello listens');
    expect((await steading(['rollback', ...app], env)).out).toMatch(/Live/);
    expect(await page()).toContain('world');
  });

  test('an app is offered to the graph, looked at, denied and withdrawn', async () => {
    const app = ['--app', 'demo-garden/demo/hello'];
    const graph = async (...args: string[]) => {
      const said = await steading(['graph', ...args], env);
      expect([said.code, said.err]).toEqual([0, '']);
      return said.out;
    };
    expect(await graph('show', ...app)).toMatch(/offers nothing/);
    expect(await graph('offer', ...app, '--path', '/api/graph')).toMatch(/^hello: offered \(read at \/api\/graph\)/);
    expect(await graph('list')).toMatch(/hello +offered/);
    expect(await graph('allow', 'hello')).toMatch(/^hello: reading/);
    expect(await graph('deny', 'hello', '--reason', 'It answers no graph.')).toMatch(/denied.*\nIt answers no graph/);
    expect(JSON.parse(await graph('show', ...app, '--json'))).toMatchObject({ state: 'denied', adds: [] });
    expect(await graph('withdraw', ...app)).toMatch(/^Withdrawn/);
    expect((await steading(['graph', 'allow', 'hello'], env)).err).toMatch(/Nobody offers hello/);
  });

  test('shows how far listeners are, and replays and discards what they gave up', async () => {
    const lag = await steading(['events', 'lag', '--json'], env);
    const listeners = JSON.parse(lag.out) as { consumer: string; behind: number }[];
    expect(listeners.map(({ consumer }) => consumer)).toContain('observe.on-audited');
    expect((await steading(['events', 'dead'], env)).out).toContain('No event was given up.');
    await buryEvents((await findEmbeddedPostgres(join(data, 'postgres'))) ?? '', 2);
    const dead = async () => JSON.parse((await steading(['events', 'dead', '--json'], env)).out) as { id: string }[];
    const [first, second] = await dead();
    expect((await steading(['doctor', '--port', String(port)], env)).out).toMatch(
      /events: observe.on-audited gave 2 up/,
    );
    expect((await steading(['events', 'replay', first?.id ?? ''], env)).code).toBe(0);
    expect((await dead()).map(({ id }) => id)).toEqual([second?.id]);
    expect((await steading(['events', 'discard', '--all'], env)).code).toBe(0);
    expect(await dead()).toEqual([]);
    const again = await steading(['events', 'replay', first?.id ?? ''], env);
    expect(again).toMatchObject({ code: 1, out: expect.stringContaining('no such dead letter') });
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('steading_events_behind{consumer="observe.on-audited"}');
  });

  test('refuses what it does not know with exit code 2, and a stranger with 3', async () => {
    expect((await steading(['deplyo'], env)).code).toBe(2);
    expect((await steading(['up', '--port', '99999'], env)).code).toBe(2);
    expect((await steading(['whoami'], { HOME: makeFolder('stranger') })).code).toBe(3);
  });

  test('comes back after PostgreSQL is killed', async () => {
    const pidFile = join(data, 'postgres', 'data', 'postmaster.pid');
    const pid = readPid(pidFile);
    process.kill(pid, 'SIGKILL');
    await waitFor('another PostgreSQL', () => existsSync(pidFile) && readPid(pidFile) !== pid && ready(), {
      timeoutMs: 30_000,
    });
    expect((await steading(['whoami'], env)).code).toBe(0);
  });

  test('comes back after the house is killed, with its data, in seconds', async () => {
    const { pid } = JSON.parse(readFileSync(join(data, 'house.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const said = await steading(['up', '--port', String(port)], env);
    expect(said.code).toBe(0);
    expect((await steading(['spaces'], env)).out).toContain('demo-garden/demo/hello');
  });

  test('stops, and leaves no process behind', async () => {
    const postgres = readPid(join(data, 'postgres', 'data', 'postmaster.pid'));
    expect((await steading(['down'], env)).code).toBe(0);
    expect(existsSync(`/proc/${postgres}`)).toBe(false);
    expect((await steading(['status'], env)).code).toBe(1);
  });
});

/** Makes some events of the audit trail's listener dead, as they are when it failed too often. */
async function buryEvents(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into bus.parked (consumer, event_position, event_id, key, event, attempts, error, dead)
       select 'observe.on-audited', position, id || '-again', key,
         jsonb_build_object('id', id || '-again', 'source', source, 'type', type, 'version', version, 'key', key,
           'time', time, 'requestId', request_id, 'actor', actor, 'data', data), 8, 'the disk was full', true
       from bus.ledger where type = 'audit.recorded' order by position limit $1`,
      [count],
    );
  } finally {
    await client.end();
  }
}
