import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionEnded } from '@steading/contracts/identity-events';
import { IdentityService } from '@steading/contracts/rpc/identity';
import { forestService } from '@steading/forest-service';
import { kitErrors, serviceCaller } from '@steading/kit';
import { implement } from '@steading/rpc';
import { defineService, type ServiceDefinition } from '@steading/service';
import { startRunningTime, startTestHouse, type TestHouse } from '@steading/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayService } from '#src/service.ts';

const session = 'a'.repeat(40);
const secret = 's'.repeat(32);
let asked = 0;
let endSession: () => Promise<void>;
let aborted: Promise<void>;

/** Plays identity: one session, one token, and routes that tell what reached them. */
const identityService = defineService({
  name: 'identity',
  purpose: 'Plays identity in this test.',
  rpc: [IdentityService],
  http: ['/auth', '/hooks/auth'],
  create({ bus, db }) {
    endSession = () =>
      db.write((tx) =>
        bus.emit(tx, SessionEnded, {
          key: 'ses_1',
          caller: serviceCaller('identity', 'req_test'),
          data: { sessionId: 'ses_1', userId: 'usr_1' },
        }),
      );
    let tellAborted = () => {};
    aborted = new Promise((resolve) => (tellAborted = resolve));
    const hash = (text: string) => createHash('sha256').update(text).digest();
    const none = () => {
      throw kitErrors('not-found', { kind: 'thing' });
    };
    return {
      rpc: [
        implement(IdentityService, {
          resolveSession(request: { tokenSha256: Uint8Array }) {
            asked++;
            if (!hash(session).equals(request.tokenSha256)) return none();
            const later = BigInt(Date.now() + 3_600_000);
            return { userId: 'usr_1', sessionId: 'ses_1', expiresMs: later, refreshMs: later } as never;
          },
          resolveToken(request: { prefix: string; secretSha256: Uint8Array }) {
            if (request.prefix !== 'abcd1234' || !hash(secret).equals(request.secretSha256)) return none();
            return { principal: 'user:usr_2', tokenId: 'tok_1', scopes: ['app.deploy'], expiresMs: 0n } as never;
          },
          getPeople: none,
          findByEmail: none,
          inviteToRegister: none,
          sendMail: none,
        } as never),
      ],
      http: [
        {
          method: 'GET',
          path: '/auth/who',
          access: { public: 'tells who asks' },
          handle: async ({ caller, request }) =>
            Response.json({ ...caller, authorization: request.headers.get('authorization') }),
        },
        {
          method: 'POST',
          path: '/auth/change',
          access: { public: 'changes nothing' },
          maxBytes: 100,
          handle: async ({ request }) => new Response(await request.text()),
        },
        {
          method: 'GET',
          path: '/auth/stream',
          access: { public: 'a stream' },
          timeoutMs: 0,
          handle: async ({ signal }) =>
            new Response(
              new ReadableStream({
                start(controller) {
                  controller.enqueue(new TextEncoder().encode('data: first\n\n'));
                  signal.addEventListener('abort', tellAborted);
                },
              }),
              { headers: { 'content-type': 'text/event-stream' } },
            ),
        },
      ],
    };
  },
});

let house: TestHouse;
let webRoot: string;

beforeAll(async () => {
  webRoot = mkdtempSync(join(tmpdir(), 'steading-web-'));
  mkdirSync(join(webRoot, 'assets'));
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>Steading</title>');
  writeFileSync(join(webRoot, 'assets/app-1a2b.js'), `export const text = '${'long '.repeat(1000)}';`);
  writeFileSync(join(webRoot, '.secret'), 'hidden');
  house = await startTestHouse({
    services: [forestService, identityService, gatewayService] as unknown as ServiceDefinition[],
    env: { STEADING_WEB_ROOT: webRoot, STEADING_SIGN_IN_PER_MINUTE: '3', STEADING_ADDRESS_PER_MINUTE: '600' },
  });
});

afterAll(async () => {
  await house?.close();
  rmSync(webRoot, { recursive: true, force: true });
});

const cookie = `steading_session=${session}`;
const who = async (headers: Record<string, string>) => {
  const answer = await fetch(`${house.url}/auth/who`, { headers });
  return { answer, body: (await answer.json()) as Record<string, unknown> };
};

it('names every answer and tells the browser to be strict', async () => {
  const answer = await fetch(`${house.url}/livez`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

it('knows the person of a cookie without asking identity again', async () => {
  asked = 0;
  for (let count = 0; count < 5; count++) {
    const { body } = await who({ cookie });
    expect(body).toMatchObject({ kind: 'user', principal: 'user:usr_1', session: 'ses_1' });
  }
  expect(asked).toBe(1);
});

it('takes a forged cookie for nobody and removes it', async () => {
  const { answer, body } = await who({ cookie: `steading_session=${'b'.repeat(40)}` });
  expect(body.kind).toBe('anonymous');
  expect(answer.headers.get('set-cookie')).toMatch(/^steading_session=; Path=\/; Max-Age=0/);
});

it('knows a token by its scopes, and refuses a wrong one', async () => {
  const { body } = await who({ authorization: `Bearer stg_abcd1234_${secret}`, cookie });
  expect(body).toMatchObject({ principal: 'user:usr_2', token: 'tok_1', scopes: ['app.deploy'] });
  for (const wrong of ['stg_abcd1234_wrongwrongwrongwrong', 'stg_', 'stg_x_y']) {
    const { answer, body: refused } = await who({ authorization: `Bearer ${wrong}` });
    expect(answer.status).toBe(401);
    expect(refused).toMatchObject({ error: { code: 'gateway.token-invalid', requestId: expect.any(String) } });
  }
});

const change = (headers: Record<string, string>, body = 'x') =>
  fetch(`${house.url}/auth/change`, { method: 'POST', headers, body });

it.each([
  ['a cookie and no word of where it comes from', { cookie }, 403],
  ['a cookie and another origin', { cookie, origin: 'https://evil.example.org' }, 403],
  ['another origin alone', { origin: 'https://evil.example.org' }, 403],
  ['an opaque origin', { cookie, origin: 'null' }, 403],
  ['an origin that is no address', { cookie, origin: 'house' }, 403],
  ['an authorization that is no token of ours', { cookie, authorization: 'Basic eDp5', origin: 'null' }, 403],
  ['an authorization that is empty', { cookie, authorization: '', origin: 'https://evil.example.org' }, 403],
  ['a token of a service’s own', { cookie, authorization: `Bearer dhk_${secret}` }, 403],
  ['a token of ours', { cookie, authorization: `Bearer stg_abcd1234_${secret}` }, 200],
  ['a page of a sibling subdomain', { cookie, 'sec-fetch-site': 'same-site' }, 403],
  ['two session cookies', { cookie: `${cookie}; ${cookie}` }, 403],
  ['a program without a cookie', {}, 200],
])('judges a change with %s', async (_name, headers, status) => {
  expect((await change(headers as unknown as Record<string, string>)).status).toBe(status);
});

it('lets a change of its own page through', async () => {
  expect((await change({ cookie, origin: house.url })).status).toBe(200);
});

it('refuses a body above the limit of its route', async () => {
  const answer = await change({}, 'x'.repeat(200));
  expect(answer.status).toBe(413);
});

it('counts attempts to sign in', async () => {
  const tries = [];
  for (let count = 0; count < 4; count++) tries.push(await fetch(`${house.url}/auth/sign-in`, { method: 'POST' }));
  expect(tries.map(({ status }) => status)).toEqual([404, 404, 404, 429]);
  expect(Number(tries[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(tries[3]?.headers.get('ratelimit')).toMatch(/^limit=3, remaining=0/);
});

it('counts attempts to sign in however the path is written', async () => {
  const ask = (path: string) =>
    new Promise((resolve, reject) => {
      const sent = httpRequest({ port: house.port, host: '127.0.0.1', path, method: 'POST' }, async (answer) => {
        const { error } = JSON.parse((await answer.toArray()).join('')) as { error: { code: string } };
        resolve(error.code);
      });
      sent.once('error', reject);
      sent.end();
    });
  // Each of them would reach the same route, and none of them is counted as it.
  for (const path of ['/auth/./sign-in', '/auth/x/../sign-in', '/auth/%2e/sign-in', '/auth/x\\..\\sign-in'])
    expect(await ask(path)).toBe('gateway.no-page');
  expect(await ask('/auth/sign-in')).toBe('too-many-requests');
});

it('tells the service when the person goes away', async () => {
  const sent = httpRequest(`${house.url}/auth/stream`);
  sent.on('error', () => {});
  sent.end();
  const first = await new Promise((resolve) =>
    sent.once('response', (answer) => answer.once('data', (chunk: Buffer) => resolve(chunk.toString()))),
  );
  expect(first).toBe('data: first\n\n');
  sent.destroy();
  await aborted;
});

it('serves the web app, its page for every path, and nothing beside it', async () => {
  const asset = await fetch(`${house.url}/assets/app-1a2b.js`);
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-encoding')).toMatch(/br|gzip/);
  expect(await asset.text()).toContain('long long');
  expect(await (await fetch(`${house.url}/spaces/garden`)).text()).toContain('<title>Steading');
  for (const path of ['/.secret', '/..%2f..%2fetc/passwd.txt', '/assets/none.js', '/api/none', '/assets/../../x.ts'])
    expect((await fetch(house.url + path)).status).toBe(404);
});

it('answers a host that nobody has with a plain 404', async () => {
  const status = await new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port: house.port, host: '127.0.0.1', headers: { host: 'other.example.org' } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.once('error', reject);
    sent.end();
  });
  expect(status).toBe(404);
});

it('shows metrics to this machine, and not through a proxy', async () => {
  const answer = await fetch(`${house.url}/metrics`);
  expect(await answer.text()).toContain('steading_house_request_seconds');
  const passed = await fetch(`${house.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
  expect(passed.status).toBe(403);
});

it('forgets a session within a second of its end', async () => {
  expect((await who({ cookie })).body.kind).toBe('user');
  await endSession();
  const since = startRunningTime();
  let kind: unknown = 'user';
  while (kind === 'user' && since.ms() < 1_000) kind = (await who({ cookie })).body.kind;
  since.stop();
  expect(kind).toBe('anonymous');
});

it('counts live handshakes of an address as its requests', async () => {
  const handshake = async () => (await fetch(`${house.url}/realtime/?EIO=4&transport=polling`)).status;
  const statuses = new Set<number>();
  for (let count = 0; count < 700 && !statuses.has(429); count++) statuses.add(await handshake());
  expect([...statuses]).toEqual([200, 429]);
});
