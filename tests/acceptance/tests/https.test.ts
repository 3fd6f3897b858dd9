import { createHmac } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import type { Socket } from 'socket.io-client';
import * as undici from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serverApp } from '#src/app-sources.ts';
import { makeFolder, steading, steadingAt } from '#src/command.ts';
import { appsDomain, type HttpsHouse, houseName, startHttpsHouse, toThisMachine } from '#src/https-house.ts';
import { join as joinTopic, openLive } from '#src/live-connection.ts';
import { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, createPerson, deploymentEnds, type Person, password } from '#src/person.ts';
import { freePorts, type Shape, shapes } from '#src/shapes.ts';

/** Each gateway speaks TLS for itself, so that several are asked in the long form only. */
const asked = byLength<readonly Shape[]>({ quick: ['one process'], long: shapes });

describe.each(asked)('a house in %s that people reach by TLS', (shape) => {
  const isSplit = shape === 'several processes';

  let house: HttpsHouse;
  let git: GitServer;
  let repository: TestRepository;
  let operator: Person;
  let app: MadeApp;
  const home = makeFolder('https-home');

  beforeAll(async () => {
    [house, git] = await Promise.all([
      startHttpsHouse({ shape, env: { ...(isSplit && { STEADING_DRAIN_SECONDS: '2' }) } }),
      startGitServer(),
    ]);
    repository = await git.repository('garden');
    await repository.commit(serverApp('first version'));
  });
  afterAll(async () => {
    await house?.stop();
    await git?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** One request without TLS, as somebody sends it who types the name only. */
  const plain = async (host: string, path: string, method: 'GET' | 'POST' = 'GET', body?: string) => {
    const answer = await undici.request(`http://127.0.0.1:${house.port}${path}`, {
      ...{ method, headers: { host } },
      ...(body !== undefined && { body }),
    });
    await answer.body.dump();
    return { status: answer.statusCode, location: answer.headers.location, connection: answer.headers.connection };
  };

  test('whoever comes without TLS is sent to it, from the house and from apps; this machine and monitors are not', async () => {
    const here = `${houseName}:${house.port}`;
    expect(await plain(here, '/s/x?y=1')).toMatchObject({ status: 308, location: `${house.publicUrl}/s/x?y=1` });
    expect(await plain(here, '/auth/sign-in', 'POST', '{}')).toMatchObject({ status: 308, connection: 'close' });
    expect(await plain(`web.${appsDomain}`, '/')).toMatchObject({
      status: 308,
      location: `https://web.${appsDomain}:${house.httpsPort}/`,
    });
    expect(await plain(here, '/readyz')).toMatchObject({ status: 200 });
    expect(await plain(`localhost:${house.port}`, '/')).toMatchObject({ status: 200 });
    expect(await plain('nobody.example.org', '/')).toMatchObject({ status: 404 });
  });

  test('the set-up link leads there, and signing up gives a cookie that no other host can set or read', async () => {
    expect(readFileSync(join(house.dataDir, 'setup-link'), 'utf8')).toMatch(`${house.publicUrl}/setup#`);
    operator = await claimHouse(house.publicUrl, house.setupToken, house.fetch);
    expect(operator.cookie()).toMatch(/^__Host-steading_session=/);
    const body = JSON.stringify({ email: 'olive@example.org', password });
    const headers = { origin: house.publicUrl, 'content-type': 'application/json' };
    const answer = await house.fetch(`${house.publicUrl}/auth/sign-in`, { method: 'POST', body, headers });
    expect(answer.status).toBeLessThan(300);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-steading_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/,
      ),
    ]);
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('the plain name of the cookie is no session, nor is a page without TLS this house', async () => {
    const value = operator.cookie().split('=')[1]!;
    const planted = createPerson(house.publicUrl, `steading_session=${value}`, house.fetch);
    expect(await planted.graph('{ viewer { isOperator } }')).toEqual({ viewer: null });
    const from = await operator.rest('POST', '/auth/sign-out', {}, { origin: `http://${houseName}:${house.port}` });
    expect(from.status).toBe(403);
  });

  test('HTTP/2 carries the same session, at every gateway', async () => {
    const ports = isSplit ? house.gateways.map(({ httpsPort }) => httpsPort!) : [house.httpsPort];
    expect(new Set(ports).size).toBe(isSplit ? 2 : 1);
    for (const each of ports) expect(await viewerByHttp2(each)).toEqual({ data: { viewer: { isOperator: true } } });
  });

  /** By a connection of its own to this port, however the house calls itself. */
  async function viewerByHttp2(port: number): Promise<unknown> {
    const createConnection = () =>
      connectTls({
        ...{ host: '127.0.0.1', port, servername: houseName, ca: house.ca, ALPNProtocols: ['h2'] },
      });
    const session = connectHttp2(house.publicUrl, { createConnection });
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/graphql', 'content-type': 'application/json' },
      ...{ origin: house.publicUrl, cookie: operator.cookie() },
    });
    stream.end(JSON.stringify({ query: '{ viewer { isOperator } }' }));
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    session.destroy();
    return JSON.parse(text);
  }

  test('a deployment is followed by a live connection, and the app answers at its name by TLS', async () => {
    app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
    expect(app.host).toMatch(new RegExp(`\\.${appsDomain.replaceAll('.', '\\.')}:${house.httpsPort}$`));
    const agent = new Agent({ ca: house.ca, lookup: house.lookup });
    const live = (await openLive(house.publicUrl, operator.cookie(), '/deployments', agent)) as Socket;
    expect(typeof live).toBe('object');
    const states: string[] = [];
    type Told = { events: { data?: { state?: string } }[] };
    live.on('events', ({ events }: Told) => states.push(...events.map(({ data }) => data?.state ?? '')));
    expect(await joinTopic(live, { topic: 'app', id: app.id })).toEqual({ ok: true });
    const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
    expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
    await waitFor('the live connection to tell of it', () => states.includes('live'));
    live.disconnect();
    expect(await page()).toBe('first version');
    const env = JSON.parse(await page('/env')) as Record<string, string>;
    expect(env.STEADING_URL).toBe(house.publicUrl);
  });

  const page = async (path = '/') => (await house.fetch(`https://${app.host}${path}`)).text();

  test('a name that nobody has gets no certificate that fits it', async () => {
    const name = new URL(`https://${app.host}`).hostname;
    const shake = (servername: string) =>
      new Promise<string>((done) => {
        const socket = connectTls({ port: house.httpsPort, host: '127.0.0.1', servername, ca: house.ca });
        socket.once('secureConnect', () => {
          done(`${socket.getPeerCertificate().subjectaltname}`);
          socket.destroy();
        });
        socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      });
    expect(await shake(name)).toBe(`DNS:${houseName}, DNS:*.${appsDomain}`);
    expect(await shake('bank.example.org')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('an app’s WebSocket goes through', async () => {
    const socket = new WebSocket(`wss://${app.host}/echo`, { ca: house.ca, lookup: house.lookup });
    await new Promise((done, fail) => socket.once('open', done).once('error', fail));
    const heard = new Promise((done) => socket.once('message', (text) => done(String(text))));
    socket.send('over TLS');
    expect(await heard).toBe('over TLS');
    socket.close();
  });

  test('a push that a forge tells of by TLS brings the second version', async () => {
    const { renewHook } = await operator.graph<{ renewHook: { url: string; secret: string } }>(
      'mutation ($id: ID!) { renewHook(appId: $id, hook: "webhook") { url secret } }',
      { id: app.id },
    );
    expect(renewHook.url).toMatch(`${house.publicUrl}/hooks/`);
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      after: await repository.commit(serverApp('second version')),
    });
    const answer = await house.fetch(renewHook.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': 'aaaaaaaa-0000-4000-8000-000000000001',
        'x-hub-signature-256': `sha256=${createHmac('sha256', renewHook.secret).update(body).digest('hex')}`,
      },
    });
    expect(answer.status).toBeLessThan(300);
    await waitFor('the second version', async () => (await page()) === 'second version', { timeoutMs: 60_000 });
  });

  test('the command signs in and deploys where its user trusts the authority, and else says what is missing', async () => {
    const hosts = join(home, 'hosts');
    writeFileSync(hosts, `127.0.0.1 localhost ${houseName}\n`);
    const stranger = await steadingAt(hosts, ['login', house.publicUrl], { HOME: home });
    expect(stranger.code).toBe(5);
    expect(stranger.err).toMatch(/NODE_EXTRA_CA_CERTS/);
    const env = { HOME: home, NODE_EXTRA_CA_CERTS: house.caFile };
    let approved: Promise<unknown> | undefined;
    const approve = (said: string) => {
      const code = /approve the code (\S+)/.exec(said)?.[1];
      if (code) approved ??= operator.graph('mutation ($code: String!) { approveDevice(userCode: $code) }', { code });
    };
    const signedIn = await steadingAt(hosts, ['login', house.publicUrl], env, approve);
    await approved;
    expect(signedIn.code, signedIn.err).toBe(0);
    expect(signedIn.out).toContain(`at ${house.publicUrl}`);
    const path = /\S+\/site-\S+\/web/.exec((await steadingAt(hosts, ['spaces'], env)).out)?.[0] ?? '';
    const deployed = await steadingAt(hosts, ['deployments', '--app', path, '--json'], env);
    expect(JSON.parse(deployed.out)).toMatchObject([{ state: 'live' }, { number: 1 }]);
  }, 60_000);

  if (isSplit)
    test('a renewed certificate comes with gateways that are replaced one after the other, and nobody is turned away', async () => {
      const serials = new Set<string>();
      const failures: unknown[] = [];
      let asked = 0;
      let isOver = false;
      const ask = async () => {
        while (!isOver) {
          const answer = await connectOnce(house).catch((error: unknown) => void failures.push(error));
          if (answer) serials.add(answer);
          asked++;
        }
      };
      const asking = ask();
      await house.renewCertificate();
      for (const [index, { child }] of [...house.gateways].entries()) {
        const gone = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await gone;
        await house.startAgain(house.processes.length - house.gateways.length + index);
        expect((await house.fetch(`https://${app.host}/`)).status).toBe(200);
      }
      await waitFor('the new certificate to be everywhere', async () => {
        const seen = new Set([await connectOnce(house), await connectOnce(house)]);
        return seen.size === 1 && serials.size === 2;
      });
      isOver = true;
      await asking;
      expect(failures).toEqual([]);
      expect(asked).toBeGreaterThan(10);
    }, 120_000);
});

/** The serial number of the certificate that a new connection through the front door is shown. */
function connectOnce(house: HttpsHouse): Promise<string> {
  return new Promise((done, fail) => {
    const to = { host: '127.0.0.1', port: house.httpsPort, servername: houseName, ca: house.ca };
    const socket = connectTls(to, () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.end();
      done(serialNumber);
    });
    socket.once('error', fail);
  });
}

describe('a house with an authority of its own', () => {
  const [data, home] = [makeFolder('own-authority'), makeFolder('own-authority-home')];
  const env = { HOME: home, STEADING_DATA: data };
  afterAll(async () => {
    await steading(['down'], env);
    for (const folder of [data, home]) rmSync(folder, { recursive: true, force: true });
  });

  test('comes up with the demo, is trusted by who trusts its root, and keeps both over a restart', async () => {
    const [port = 0, httpsPort = 0] = await freePorts(2);
    const up = ['up', '--demo', '--port', String(port), '--https-port', String(httpsPort), '--json'];
    const said = await steading(up, env);
    expect(said.code, said.err).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({ url: `https://localhost:${httpsPort}` });
    expect((await steading(['whoami', '--json'], env)).code).toBe(0);
    const { appUrl } = JSON.parse(said.out) as { appUrl: string };
    const ca = await (await fetch(`http://localhost:${port}/house-root.pem`)).text();
    const dispatcher = new undici.Agent({ connect: { ca, lookup: toThisMachine } });
    const statusOf = async (url: string) => (await undici.fetch(url, { dispatcher })).status;
    expect(await statusOf(`https://localhost:${httpsPort}/`)).toBe(200);
    expect(await statusOf(appUrl)).toBe(200);
    expect((await steading(['restart'], env)).code).toBe(0);
    expect(await statusOf(`https://localhost:${httpsPort}/`)).toBe(200);
    expect(await statusOf(appUrl)).toBe(200);
    await dispatcher.destroy();
  }, 120_000);
});
