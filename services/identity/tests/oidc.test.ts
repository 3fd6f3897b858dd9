import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { safeReturnPath } from '#src/oidc/return-path.ts';
import { sha256 } from '#src/random-tokens.ts';
import { resolveSession } from '#src/resolve-session.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

interface Account {
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
}

const accounts: Record<string, Account> = {
  ada: { email: 'ada@example.org', email_verified: true, name: 'Ada' },
  bob: { email: 'bob@example.org', email_verified: true, name: 'Bob' },
  eve: { email: 'ada@example.org', email_verified: false, name: 'Eve' },
  new: { email: 'new@example.org', email_verified: true, name: 'New' },
  weak: { email: 'weak@example.org', email_verified: true, name: 'Weak' },
};

describe('signing in by a real OpenID provider', () => {
  let provider: { issuer: string; server: Server };
  let house: IdentityHouse;
  beforeAll(async () => {
    provider = await startProvider();
    const common = { issuer: provider.issuer, clientId: 'steading', clientSecret: 'a secret of the test' };
    house = await startIdentity({
      STEADING_OIDC: JSON.stringify([
        { id: 'strict', name: 'Strict', ...common },
        { id: 'open', name: 'Open', ...common, allowRegistration: true },
        { id: 'down', name: 'Down', ...common, issuer: 'http://127.0.0.1:1' },
      ]),
    });
    await house.pool.query(
      `insert into identity.people (id, name, email, email_key, email_proof, state, created_at) values
         ('usr_ada', 'Ada', 'Ada@example.org', 'ada@example.org', 'operator', 'active', now()),
         ('usr_weak', 'Weak', 'weak@example.org', 'weak@example.org', 'inviter', 'active', now())`,
    );
  });
  afterAll(async () => {
    await house.close();
    provider.server.closeAllConnections();
    await new Promise((resolve) => provider.server.close(resolve));
  });

  const take = () => house.told.splice(0).map((one) => String(one.data.action ?? one.type));
  const start = async (id: string, returnPath = '/s/garden') => {
    const answer = await house.get(`/auth/oidc/${id}/start?return=${encodeURIComponent(returnPath)}`);
    return { location: answer.location!, cookie: answer.cookies[0]?.split(';')[0] ?? '' };
  };
  const whoIs = async (token: string) =>
    (await resolveSession(house.context as never, sha256(token), { address: undefined }))?.personId;
  /** Goes to the provider as this account, and comes back with its answer. */
  const through = async (id: string, account: string, returnPath?: string) => {
    const begun = await start(id, returnPath);
    const back = await signInAt(begun.location, account);
    return { ...begun, back, path: `${back.pathname}${back.search}` };
  };

  test('links an account whose address both sides have proven, and knows it again', async () => {
    const came = await through('strict', 'ada');
    const answer = await house.get(came.path, { cookie: came.cookie });
    expect([answer.status, answer.location]).toEqual([303, '/s/garden']);
    expect(await whoIs(answer.token)).toBe('usr_ada');
    expect(take()).toEqual(['identity.provider-linked', 'identity.signed-in']);
    const again = await through('strict', 'ada');
    expect(await whoIs((await house.get(again.path, { cookie: again.cookie })).token)).toBe('usr_ada');
    expect(take()).toEqual(['identity.signed-in']);
  });

  test.each([
    ['an address that the provider has not verified', 'strict', 'eve', 'identity.provider-email-unverified'],
    ['an address that this house took on an inviter’s word', 'strict', 'weak', 'identity.provider-not-linked'],
    ['somebody unknown where only known people may come', 'strict', 'new', 'identity.provider-no-account'],
  ])('refuses %s', async (_, id, account, code) => {
    const came = await through(id, account);
    const answer = await house.get(came.path, { cookie: came.cookie });
    expect([answer.location, answer.token]).toEqual([`/sign-in?error=${code}`, '']);
    expect(take()).toEqual([]);
  });

  test('registers somebody unknown where the provider may', async () => {
    const came = await through('open', 'new');
    const answer = await house.get(came.path, { cookie: came.cookie });
    expect(await whoIs(answer.token)).toMatch(/^usr_/);
    expect(take()).toEqual([
      'identity.person.registered',
      'identity.registered',
      'identity.provider-linked',
      'identity.signed-in',
    ]);
  });

  test('refuses an answer in another browser, twice, of another provider, or forged', async () => {
    const refused = '/sign-in?error=identity.provider-refused';
    const came = await through('strict', 'ada');
    const other = await start('strict');
    expect((await house.get(came.path, {})).location).toBe(refused);
    expect((await house.get(came.path, { cookie: other.cookie })).location).toBe(refused);
    expect((await house.get(came.path.replace('/strict/', '/open/'), { cookie: came.cookie })).location).toBe(refused);
    expect((await house.get(came.path, { cookie: came.cookie })).location).toBe('/s/garden');
    expect((await house.get(came.path, { cookie: came.cookie })).location).toBe(refused);
    const forged = new URL(other.location).searchParams.get('state');
    const path = `/auth/oidc/strict/callback?code=forged&state=${forged}&iss=${encodeURIComponent(provider.issuer)}`;
    expect((await house.get(path, { cookie: other.cookie })).location).toBe(refused);
    expect(take()).toEqual(['identity.signed-in']);
  });

  test('refuses an answer that names another issuer', async () => {
    const came = await through('strict', 'ada');
    const path = came.path.replace(/iss=[^&]+/, `iss=${encodeURIComponent('https://evil.example')}`);
    expect(path).not.toBe(came.path);
    expect((await house.get(path, { cookie: came.cookie })).location).toBe('/sign-in?error=identity.provider-refused');
  });

  test('asks with PKCE, state and nonce, and to a redirect address of its own', async () => {
    const asked = new URL((await start('strict')).location).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('redirect_uri')).toBe('http://localhost:4600/auth/oidc/strict/callback');
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
  });

  test('says that a provider is down, and takes people again once it is back', async () => {
    expect((await house.get('/auth/oidc/down/start')).location).toBe('/sign-in?error=identity.provider-unavailable');
    expect((await house.get('/auth/oidc/nobody/start')).location).toBe('/sign-in?error=identity.provider-unknown');
    const late = await startIdentity({
      STEADING_OIDC: JSON.stringify([{ id: 'late', name: 'Late', issuer: 'http://127.0.0.1:1', clientId: 'steading' }]),
    });
    try {
      expect((await late.get('/auth/oidc/late/start')).location).toContain('provider-unavailable');
      const settings = late.context.config.STEADING_OIDC as unknown as { issuer: string }[];
      settings[0]!.issuer = provider.issuer;
      await late.clock.advance(6_000);
      expect((await late.get('/auth/oidc/late/start')).location).toContain(provider.issuer);
    } finally {
      await late.close();
    }
  });

  test.each([
    ['behind a space that only Unicode knows', (cookie: string) => `\u00a0${cookie}`],
    ['behind a byte that is no letter', (cookie: string) => `\u0085${cookie}`],
    ['beside the browser’s own', (cookie: string) => `${cookie}; steading_oidc=${'o'.repeat(43)}`],
    ['in the value of another', (cookie: string) => `other=${cookie}`],
  ])('a cookie that another site planted %s finishes no sign-in', async (_what, planted) => {
    const came = await through('strict', 'ada');
    const answer = await house.get(came.path, { cookie: planted(came.cookie) });
    expect([answer.location, answer.token]).toEqual(['/sign-in?error=identity.provider-refused', '']);
    take();
  });

  test('follows no provider to another address, and asks it for nothing but what it is for', async () => {
    const asked: string[] = [];
    const inside = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    });
    const provider = createServer((_, response) => {
      const { port } = inside.address() as AddressInfo;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/latest/meta-data` }).end();
    });
    for (const server of [inside, provider])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const other = await startIdentity({
      STEADING_OIDC: JSON.stringify([{ id: 'moved', name: 'Moved', issuer, clientId: 'steading' }]),
    });
    const answer = await other.get('/auth/oidc/moved/start');
    expect(answer.location).toBe('/sign-in?error=identity.provider-unavailable');
    expect(asked).toEqual([]);
    await other.close();
    for (const server of [inside, provider]) await new Promise((resolve) => server.close(resolve));
  });

  test('brings nobody to another host', async () => {
    const came = await through('strict', 'ada', '//evil.example/x');
    expect((await house.get(came.path, { cookie: came.cookie })).location).toBe('/');
  });
});

test.each([
  ['/s/garden?tab=apps#top', '/s/garden?tab=apps#top'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/%2f/evil', '/%2f/evil'],
  ['/.//evil.example', '/'],
  ['/a\nb', '/'],
  ['\t//evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/x/..//evil.example', '/'],
  ['/%2e//evil.example', '/'],
  ['/a/../..//evil.example', '/'],
  ['/@evil.example', '/@evil.example'],
  ['javascript:alert(1)', '/'],
  ['https:evil.example', '/'],
  ['/ü', '/'],
  ['', '/'],
  [null, '/'],
])('after signing in, %j leads to %j', (given, path) => {
  expect(safeReturnPath(given)).toBe(path);
});

async function startProvider(): Promise<{ issuer: string; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const redirect = (id: string) => `http://localhost:4600/auth/oidc/${id}/callback`;
  const oidc = new Provider(issuer, {
    clients: [
      {
        client_id: 'steading',
        client_secret: 'a secret of the test',
        redirect_uris: [redirect('strict'), redirect('open'), redirect('late')],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
    cookies: { keys: ['a key of the test'] },
  });
  server.on('request', oidc.callback());
  return { issuer, server };
}

/** Walks through the provider's own pages as a browser would, with its cookies, up to where it sends people back. */
async function signInAt(location: string, account: string): Promise<URL> {
  const jar = new Map<string, string>();
  const go = async (to: URL, form?: Record<string, string>) => {
    const response = await fetch(to, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  };
  let at = new URL(location);
  for (let step = 0; step < 12; step++) {
    if (at.host === 'localhost:4600') return at;
    let response = await go(at);
    if (response.status === 200) {
      const page = await response.text();
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? at.href;
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
      response = await go(new URL(action, at), { prompt, login: account, password: 'any' });
    }
    at = new URL(response.headers.get('location') ?? '', at);
  }
  throw new Error('the provider never sent the browser back');
}
