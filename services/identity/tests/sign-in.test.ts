import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkStatements } from '@steading/db';
import type { Caller } from '@steading/kit';
import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { becoming } from '#src/people.ts';
import { sha256 } from '#src/random-tokens.ts';
import { resolveSession } from '#src/resolve-session.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

const password = 'a hedgehog under the tree';
const ada = { name: 'Ada', email: 'Ada@example.org', password };
const hourMs = 3_600_000;

describe('a fresh house', () => {
  let house: IdentityHouse;
  let operator: Caller;
  let operatorToken: string;
  beforeAll(async () => {
    house = await startIdentity();
  });
  afterAll(() => house.close());

  const resolve = (token: string) => resolveSession(deps(house), sha256(token), { address: undefined });
  const take = () => house.told.splice(0).map((one) => String(one.data.action ?? one.type));

  test('has statements that all fit its tables', async () => {
    expect(await checkStatements(house.pool, 'identity.')).toEqual([]);
  });

  test('writes the set-up link into its folder for the owner alone, and not into the log', () => {
    const file = join(house.dataDir, 'setup-link');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, 'utf8').trim().split('#')[1]!;
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(house.lines.join('')).not.toContain(token);
    expect(house.lines.join('')).toContain('setup-link');
  });

  test('refuses a set-up token of somebody else', async () => {
    const answer = await house.post('/auth/setup', { ...ada, token: 'x'.repeat(43) });
    expect([answer.status, answer.code]).toEqual([403, 'identity.setup-link-invalid']);
    expect(take()).toEqual([]);
  });

  test.each([
    ['short', 'identity.password-too-short'],
    ['password123', 'identity.password-too-common'],
    ['aaaaaaaaaaaaaaaa', 'identity.password-too-common'],
    ['ada@example.org', 'identity.password-too-common'],
    ['é'.repeat(65), 'identity.password-too-long'],
  ])('refuses the password %s', async (bad, code) => {
    const token = linkOf(house);
    expect((await house.post('/auth/setup', { ...ada, password: bad, token })).code).toBe(code);
  });

  test('makes one operator when two claim the link at once', async () => {
    const token = linkOf(house);
    const answers = await Promise.all([
      house.post('/auth/setup', { ...ada, token }),
      house.post('/auth/setup', { ...ada, email: 'eve@example.org', token }),
    ]);
    expect(answers.map((one) => one.status).sort()).toEqual([200, 409]);
    const won = answers.find((one) => one.status === 200)!;
    operatorToken = won.token;
    const session = await resolve(won.token);
    operator = { ...becoming(house.visitor(), session!.personId, session!.sessionId), kind: 'user' };
    expect(take()).toEqual(['identity.person.registered', 'identity.set-up', 'identity.signed-in']);
    expect(house.access.can(operator, 'platform.admin', 'platform')).toBe(true);
    expect(existsSync(join(house.dataDir, 'setup-link'))).toBe(false);
    await house.pool.query(`update identity.people set email = $1, email_key = lower($1)`, [ada.email]);
  });

  test('gives the session in a cookie that scripts cannot read, and keeps only its hash', async () => {
    const answer = await house.post('/auth/sign-in', ada);
    expect(answer.cookies[0]).toMatch(/^steading_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
    const { rows } = await house.pool.query('select * from identity.sessions');
    expect(JSON.stringify(rows)).not.toContain(answer.token);
    expect(JSON.stringify(answer.body)).not.toContain(answer.token);
    expect(take()).toEqual(['identity.signed-in']);
  });

  test('gives an operator 12 hours, sliding, and never more than 24', async () => {
    const start = house.clock.now();
    const { token } = await house.post('/auth/sign-in', ada);
    await house.clock.advance(11 * hourMs);
    expect((await resolve(token))?.expiresMs).toBe(start + 23 * hourMs);
    await house.clock.advance(11 * hourMs);
    expect((await resolve(token))?.expiresMs).toBe(start + 24 * hourMs);
    await house.clock.advance(2 * hourMs);
    expect(await resolve(token)).toBeUndefined();
    expect(take()).toEqual(['identity.signed-in', 'identity.session.ended']);
  });

  test('answers an unknown address as it answers a wrong password, and locks both after five', async () => {
    for (const email of [ada.email, 'nobody@example.org']) {
      const codes: (string | undefined)[] = [];
      for (let attempt = 0; attempt < 6; attempt++) {
        const answer = await house.post('/auth/sign-in', { email, password: 'wrong, surely wrong' });
        codes.push(answer.code);
        if (attempt < 4) await house.clock.advance(5_000);
      }
      expect(codes).toEqual([...Array(5).fill('identity.wrong-credentials'), 'identity.locked']);
      expect((await house.post('/auth/sign-in', { email, password })).code).toBe('identity.locked');
    }
    const failed = ['identity.sign-in-failed', 'identity.sign-in-failed', 'identity.sign-in-failed'];
    const each = [...failed, 'identity.sign-in-failed', 'identity.sign-in-locked'];
    expect(take()).toEqual([...each, ...each]);
    await house.clock.advance(31 * 60_000);
    expect((await house.post('/auth/sign-in', ada)).status).toBe(200);
    expect(take()).toEqual(['identity.signed-in']);
  });

  test('counts tries that come at once', async () => {
    const tries = Array.from({ length: 8 }, () =>
      house.post('/auth/sign-in', { email: 'at-once@example.org', password }),
    );
    const codes = (await Promise.all(tries)).map((one) => one.code);
    expect(codes.filter((code) => code === 'identity.wrong-credentials').length).toBeLessThanOrEqual(2);
    expect(codes).toContain('identity.locked');
    take();
  });

  test('takes ten tries a minute from one address', async () => {
    const caller = house.visitor('2001:db8::1');
    const neighbour = house.visitor('2001:db8::ffff:1');
    const codes: (string | undefined)[] = [];
    for (let attempt = 0; attempt < 11; attempt++) {
      const email = `somebody${attempt}@example.org`;
      codes.push((await house.post('/auth/sign-in', { email, password }, attempt % 2 ? caller : neighbour)).code);
    }
    expect(codes.at(-1)).toBe('too-many-requests');
    expect(codes.slice(0, 10)).not.toContain('too-many-requests');
    take();
  });

  test('registers whoever is invited, once, and shows the link only where there is no mail', async () => {
    const invited = await house.graph(
      operator,
      'mutation { inviteToRegister(email: "bob@example.org") { id link state } }',
    );
    const link = String((invited.data as unknown as { inviteToRegister: { link: string } }).inviteToRegister.link);
    const token = link.split('#')[1]!;
    const seen = await house.post('/auth/invitation', { token });
    expect(seen.body).toEqual({ email: 'bob@example.org', toWhat: 'Steading' });
    const answer = await house.post('/auth/register', { invitation: token, name: 'Bob', password });
    expect(answer.status).toBe(200);
    expect((await house.post('/auth/register', { invitation: token, name: 'Bob', password })).code).toBe(
      'identity.invitation-invalid',
    );
    expect(take()).toEqual([
      'identity.invited',
      'identity.person.registered',
      'identity.registered',
      'identity.signed-in',
    ]);
    expect(house.lines.join('')).toContain(token);
  });

  test.each([
    ['people', '{ people { id } }'],
    ['invitations', '{ registrationInvitations { id } }'],
    ['inviting', 'mutation { inviteToRegister(email: "x@example.org") { id } }'],
    ['suspending', 'mutation { suspendPerson(id: "usr_x") { id } }'],
  ])('refuses %s to whoever is no operator', async (_, source) => {
    const { token } = await house.post('/auth/sign-in', { email: 'bob@example.org', password });
    take();
    const session = await resolve(token);
    const bob = becoming(house.visitor(), session!.personId, session!.sessionId);
    expect((await house.graph(bob, source)).code).toBe('forbidden');
    expect((await house.graph(house.visitor(), source)).code).toBe('unauthenticated');
    expect(take()).toEqual([]);
  });

  test('shows an address to its owner and to operators, and to nobody else', async () => {
    const { token } = await house.post('/auth/sign-in', { email: 'bob@example.org', password });
    const session = await resolve(token);
    const bob = becoming(house.visitor(), session!.personId, session!.sessionId);
    const source = 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Person { email } } }';
    const ask = async (caller: Caller, id: string) => {
      const { data } = await house.graph(caller, source, { r: [{ __typename: 'Person', id }] });
      return (data as unknown as { _entities: { email: string | null }[] })._entities[0]!.email;
    };
    const operatorId = operator.principal.slice(5);
    expect(await ask(operator, session!.personId)).toBe('bob@example.org');
    expect(await ask(bob, session!.personId)).toBe('bob@example.org');
    expect(await ask(bob, operatorId)).toBeNull();
    take();
  });

  test('changing the password puts one new session in the place of all, also of the one that asks', async () => {
    const [here, there] = [await house.post('/auth/sign-in', ada), await house.post('/auth/sign-in', ada)];
    const session = await resolve(here.token);
    const asker = becoming(house.visitor(), session!.personId, session!.sessionId);
    take();
    const change = (current: string, next: string, caller: Caller = asker) =>
      house.post('/auth/password', { current, next }, caller);
    const next = 'two hedgehogs under the tree';
    expect((await change('not the password', next)).code).toBe('identity.wrong-password');
    expect((await change(password, 'short')).code).toBe('identity.password-too-short');
    const { session: _, ...byToken } = { ...asker, token: 'tok_1' };
    expect((await change(password, next, byToken)).code).toBe('identity.browser-only');
    expect(await resolve(here.token)).toBeDefined();
    const changed = await change(password, next);
    expect([changed.status, changed.body]).toEqual([200, {}]);
    expect(changed.token).toMatch(/^[\w-]{43}$/);
    const [fresh, ...old] = await Promise.all([changed, here, there].map(({ token }) => resolve(token)));
    expect(fresh).toMatchObject({ personId: session!.personId });
    expect(fresh!.sessionId).not.toBe(session!.sessionId);
    expect(old).toEqual([undefined, undefined]);
    const told = house.told.splice(0);
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['identity.session.ended', 'audit.recorded']));
    expect(told.filter(({ type }) => type === 'audit.recorded').map(({ data }) => data)).toMatchObject([
      { action: 'identity.password-changed', through: session!.sessionId, after: { session: fresh!.sessionId } },
    ]);
    expect(told.map(({ data }) => data.sessionId)).toContain(session!.sessionId);
    expect((await house.post('/auth/sign-in', ada)).status).toBe(401);
    const again = becoming(house.visitor(), fresh!.personId, fresh!.sessionId);
    expect((await change(next, password, again)).status).toBe(200);
    take();
  });

  test('ends every session with a reset by mail, whose link works once', async () => {
    const { token } = await house.post('/auth/sign-in', { email: 'bob@example.org', password });
    expect((await house.post('/auth/forgot', { email: 'nobody@example.org' })).status).toBe(200);
    expect((await house.post('/auth/forgot', { email: 'bob@example.org' })).status).toBe(200);
    const line = await waitFor('the mail', () => house.lines.findLast((one) => one.includes('/reset#')));
    const reset = /reset#([\w-]{43})/.exec(line)![1]!;
    take();
    const next = 'another hedgehog altogether';
    expect((await house.post('/auth/reset', { token: reset, password: next })).status).toBe(200);
    expect(await resolve(token)).toBeUndefined();
    expect(take().filter((one) => one !== 'identity.session.ended')).toEqual(['identity.password-reset']);
    expect((await house.post('/auth/reset', { token: reset, password: next })).code).toBe('identity.reset-invalid');
    expect((await house.post('/auth/sign-in', { email: 'bob@example.org', password })).code).toBe(
      'identity.wrong-credentials',
    );
    await house.clock.advance(1_000);
    expect((await house.post('/auth/sign-in', { email: 'bob@example.org', password: next })).status).toBe(200);
    take();
  });

  test('ends all that a suspended person has open, and lets them in again later', async () => {
    const next = 'another hedgehog altogether';
    const { token } = await house.post('/auth/sign-in', { email: 'bob@example.org', password: next });
    const { personId } = (await resolve(token))!;
    take();
    const suspended = await house.graph(operator, 'mutation($id: ID!) { suspendPerson(id: $id) { id } }', {
      id: personId,
    });
    expect(suspended.code).toBeUndefined();
    expect(await resolve(token)).toBeUndefined();
    expect(take().at(-1)).toBe('identity.person-suspended');
    expect((await house.post('/auth/sign-in', { email: 'bob@example.org', password: next })).code).toBe(
      'identity.suspended',
    );
    await house.graph(operator, 'mutation($id: ID!) { reactivatePerson(id: $id) { id } }', { id: personId });
    await house.clock.advance(31 * 60_000);
    expect((await house.post('/auth/sign-in', { email: 'bob@example.org', password: next })).status).toBe(200);
    take();
  });

  test('keeps the set-up link closed for good', async () => {
    await house.parts.start?.();
    expect(existsSync(join(house.dataDir, 'setup-link'))).toBe(false);
    expect((await house.post('/auth/setup', { ...ada, token: 'y'.repeat(43) })).code).toBe('identity.already-set-up');
    expect(operatorToken).toMatch(/^[\w-]{43}$/);
  });
});

function linkOf(house: IdentityHouse): string {
  return readFileSync(join(house.dataDir, 'setup-link'), 'utf8').trim().split('#')[1]!;
}

function deps(house: IdentityHouse) {
  return house.context as unknown as Parameters<typeof resolveSession>[0];
}
