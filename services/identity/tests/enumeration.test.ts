import { readFileSync } from 'node:fs';
import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { becoming } from '#src/people.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

/*
 * Whether an address has an account shows neither in an answer nor in its time. Times are compared by the quickest of
 * tries that take turns: what else the machine does only ever adds. A password that is not hashed is a factor of ten.
 */

const password = 'a hedgehog under the tree';
const people = {
  'an active person': 'ada@example.org',
  'somebody suspended': 'sam@example.org',
  'somebody without a password': 'pia@example.org',
  'somebody who left': 'del@example.org',
  nobody: 'nobody@example.org',
};

let house: IdentityHouse;
beforeAll(async () => {
  house = await startIdentity();
  const token = readFileSync(`${house.dataDir}/setup-link`, 'utf8').trim().split('#')[1];
  const made = await house.post('/auth/setup', { token, name: 'Ada', email: 'ada@example.org', password });
  expect(made.status).toBe(200);
  await house.pool.query(
    `insert into identity.people (id, name, email, email_key, email_proof, password_hash, state, created_at)
       select v.id, v.id, v.email, v.email, 'mail', case when v.hashed then p.password_hash end, v.state, now()
         from identity.people p, (values ('usr_sam', 'sam@example.org', true, 'suspended'),
           ('usr_pia', 'pia@example.org', false, 'active'), ('usr_del', 'del@example.org', true, 'deleted')
         ) v (id, email, hashed, state) where p.email = 'ada@example.org'`,
  );
});
afterAll(() => house.close());

test('a wrong password takes as long, and is answered as, whoever it is for', async () => {
  const times = new Map<string, number[]>();
  const answers = new Set<string>();
  for (let round = 0; round < 9; round++)
    for (const [who, email] of Object.entries(people)) {
      const began = performance.now();
      const { status, body, cookies } = await house.post('/auth/sign-in', { email, password: `wrong ${round}` });
      times.set(who, [...(times.get(who) ?? []), performance.now() - began]);
      answers.add(JSON.stringify({ status, body: { ...body.error, requestId: '' }, cookies }));
      await house.clock.advance(30 * 3_600_000);
    }
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('identity.wrong-credentials');
  const quickest = [...times.values()].map((each) => Math.min(...each));
  expect(Math.max(...quickest) / Math.min(...quickest)).toBeLessThan(4);
});

test.each(Object.entries(people))('a new password is asked for with the same answer for %s', async (_who, email) => {
  const answer = await house.post('/auth/forgot', { email });
  expect([answer.status, answer.body, answer.cookies]).toEqual([200, {}, []]);
});

test('is answered before anybody looks whether there is such an account', async () => {
  const asked = () => house.told.filter(({ data }) => data.action === 'identity.password-reset-asked').length;
  await waitFor('all before to be looked at', () => asked() >= Object.keys(people).length);
  const holder = await house.pool.connect();
  const before = house.lines.length;
  await holder.query('begin; lock table identity.people in access exclusive mode');
  try {
    for (const email of Object.values(people))
      expect((await house.post('/auth/forgot', { email }, house.visitor('2001:db8:1::1'))).status).toBe(200);
    expect(house.lines.slice(before).join('')).not.toContain('/reset#');
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  await waitFor('all to be looked at', () => asked() >= 2 * Object.keys(people).length);
  const mailed = house.lines.slice(before).filter((line) => line.includes('/reset#'));
  expect(mailed.map((line) => /"to":"(\w+)@/.exec(line)?.[1]).sort()).toEqual(['ada', 'pia']);
});

test('an address is locked, and counted, whether it has an account or not', async () => {
  await house.clock.advance(48 * 3_600_000);
  const seen = new Map<string, (string | undefined)[]>();
  for (const [who, email] of Object.entries(people)) {
    for (let attempt = 0; attempt < 6; attempt++) {
      const { code } = await house.post('/auth/sign-in', { email, password: 'wrong' });
      seen.set(who, [...(seen.get(who) ?? []), code]);
      if (attempt < 4) await house.clock.advance(9_000);
    }
  }
  expect(new Set([...seen.values()].map((codes) => codes.join())).size).toBe(1);
  expect(seen.get('nobody')?.at(-1)).toBe('identity.locked');
});

test('a guessed link tells nothing of whom it could be for', async () => {
  const token = 'A'.repeat(43);
  const answers = await Promise.all([
    house.post('/auth/register', { invitation: token, name: 'Ada', password }),
    house.post('/auth/register', { invitation: token, name: 'Nobody', password }),
    house.post('/auth/invitation', { token }),
  ]);
  expect(answers.map((answer) => answer.code)).toEqual(Array(3).fill('identity.invitation-invalid'));
});

test('who may not invite does not learn by inviting who has an account', async () => {
  const stranger = becoming(house.visitor(), 'usr_pia', 'ses_pia');
  const codes = [];
  for (const email of Object.values(people))
    codes.push(
      (await house.graph(stranger, 'mutation ($e: String!) { inviteToRegister(email: $e) { id } }', { e: email })).code,
    );
  expect(new Set(codes)).toEqual(new Set(['forbidden']));
});
