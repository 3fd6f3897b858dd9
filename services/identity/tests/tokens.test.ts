import type { Caller } from '@steading/kit';
import { anonymous, newRequestId } from '@steading/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becoming } from '#src/people.ts';
import { resolveToken } from '#src/personal-tokens.ts';
import { sha256 } from '#src/random-tokens.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

const dayMs = 24 * 3_600_000;

describe('personal tokens', () => {
  let house: IdentityHouse;
  let ada: Caller;
  let byToken: Caller;
  beforeAll(async () => {
    house = await startIdentity();
    await house.pool.query(
      `insert into identity.people (id, name, email, email_key, email_proof, state, created_at)
       values ('usr_ada', 'Ada', 'ada@example.org', 'ada@example.org', 'operator', 'active', now())`,
    );
    ada = becoming(house.visitor(), 'usr_ada', 'ses_one');
    byToken = { kind: 'user', principal: 'user:usr_ada', token: 'tok_x', requestId: newRequestId() };
  });
  afterAll(() => house.close());

  const take = () => house.told.splice(0).map((one) => String(one.data.action ?? one.type));
  const make = (variables: Record<string, unknown>, caller = ada) =>
    house.graph(
      caller,
      'mutation($name: String!, $scopes: [String!]!, $days: Int) { createToken(name: $name, scopes: $scopes, days: $days) { value token { id prefix scopes expiresAt } } }',
      variables,
    );
  const resolve = (value: string) => {
    const [, prefix = '', secret = ''] = /^stg_([a-z0-9]{10})_([\w-]{43})$/.exec(value) ?? [];
    const asked = { prefix, secretSha256: sha256(secret), address: '192.0.2.7' };
    return resolveToken(house.context as never, anonymous(newRequestId()), asked);
  };
  const createdBy = (made: Awaited<ReturnType<typeof make>>) =>
    (made.data as unknown as { createToken: { value: string; token: { id: string } } }).createToken;

  test('work until they end, and are stored so that the table alone makes none', async () => {
    const made = createdBy(await make({ name: 'laptop', scopes: [], days: 30 }));
    expect((await resolve(made.value))?.person_id).toBe('usr_ada');
    expect(await resolve(`${made.value.slice(0, -1)}${made.value.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
    const { rows } = await house.pool.query('select secret_mac from identity.tokens');
    expect(rows[0].secret_mac.equals(sha256(made.value.split('_')[2]!))).toBe(false);
    await house.clock.advance(30 * dayMs);
    expect(await resolve(made.value)).toBeUndefined();
    expect(take()).toEqual(['identity.token-created', 'identity.token-first-used']);
  });

  test.each([
    ['a name of 65 characters', { name: 'n'.repeat(65), scopes: [] }, 'bad-input'],
    ['31 days', { name: 'n', scopes: [], days: 31 }, 'bad-input'],
    ['a scope without a place', { name: 'n', scopes: ['app.deploy'] }, 'identity.scope-invalid'],
    ['a scope of everything', { name: 'n', scopes: ['*@platform'] }, 'identity.scope-invalid'],
  ])('are not made with %s', async (_, variables, code) => {
    expect((await make(variables)).code).toBe(code);
    expect(take()).toEqual([]);
  });

  test('are not made by tokens', async () => {
    expect((await make({ name: 'n', scopes: [] }, byToken)).code).toBe('identity.browser-only');
    expect((await make({ name: 'n', scopes: [] }, house.visitor())).code).toBe('unauthenticated');
    expect(take()).toEqual([]);
  });

  test('end at once when revoked, by their holder only', async () => {
    const made = createdBy(await make({ name: 'laptop', scopes: [] }));
    take();
    const revoke = (caller: Caller) =>
      house.graph(caller, 'mutation($id: ID!) { revokeToken(id: $id) }', { id: made.token.id });
    expect((await revoke(becoming(house.visitor(), 'usr_eve', 'ses_two'))).code).toBe('not-found');
    expect((await revoke({ ...byToken, scopes: ['app.read@app_1'] })).code).toBe('identity.browser-only');
    expect(take()).toEqual([]);
    expect((await revoke(ada)).code).toBeUndefined();
    expect(await resolve(made.value)).toBeUndefined();
    expect(take()).toEqual(['identity.token.revoked', 'identity.token-revoked']);
  });

  test('come to a command once its code is approved in a browser, one time', async () => {
    const started = (await house.post('/auth/device/start', { name: 'laptop' })).body as unknown as {
      userCode: string;
      deviceCode: string;
      verificationUrl: string;
    };
    const { deviceCode, userCode } = started;
    expect(started.verificationUrl).toBe(`http://localhost:4600/device?code=${userCode}`);
    const poll = () => house.post('/auth/device/poll', { deviceCode });
    expect((await poll()).code).toBe('identity.device-pending');
    expect((await poll()).code).toBe('identity.device-slow-down');
    const approve = (caller: Caller, code: string) =>
      house.graph(caller, 'mutation($c: String!) { approveDevice(userCode: $c) }', { c: code });
    expect((await approve(byToken, userCode)).code).toBe('identity.browser-only');
    expect((await approve(ada, 'BBBB-BBBB')).code).toBe('identity.device-code-unknown');
    const seen = await house.graph(ada, 'query($c: String!) { device(userCode: $c) { name } }', {
      c: userCode.toLowerCase().replace('-', ' '),
    });
    expect(seen.data).toEqual({ device: { name: 'laptop' } });
    expect((await approve(ada, userCode)).code).toBeUndefined();
    await house.clock.advance(10_000);
    const [first, second] = await Promise.all([poll(), poll()]);
    const answers = [first, second].sort((a, b) => a.status - b.status);
    expect((await resolve(String(answers[0]!.body.token)))?.name).toBe('laptop');
    expect(answers[1]!.code).toBe('identity.device-expired');
    expect(take()).toEqual(['identity.device-approved', 'identity.token-created', 'identity.token-first-used']);
  });

  test('do not come to a command whose code was left for ten minutes', async () => {
    const { body } = await house.post('/auth/device/start', { name: 'laptop' });
    await house.clock.advance(10 * 60_000);
    const approved = await house.graph(ada, `mutation { approveDevice(userCode: "${body.userCode}") }`);
    expect(approved.code).toBe('identity.device-code-unknown');
    expect((await house.post('/auth/device/poll', { deviceCode: body.deviceCode })).code).toBe(
      'identity.device-expired',
    );
    expect(take()).toEqual([]);
  });

  test('and whatever else has expired is removed from the tables', async () => {
    await make({ name: 'old', scopes: [], days: 30 });
    await house.post('/auth/device/start', { name: 'old' });
    await house.clock.advance(91 * dayMs);
    take();
    await house.parts.jobs!.find((job) => job.name === 'identity.remove-expired')!.run(new AbortController().signal);
    const { rows } = await house.pool.query(
      'select (select count(*) from identity.tokens where expires_at is not null)::int as tokens, (select count(*) from identity.device_logins)::int as devices',
    );
    expect(rows[0]).toEqual({ tokens: 0, devices: 0 });
    expect(new Set(take())).toEqual(new Set(['identity.token-expired']));
  });
});
