import type { HouseEvent } from '@steading/bus';
import { PersonChanged } from '@steading/contracts/identity-events';
import { anonymous, newRequestId } from '@steading/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IdentityDeps } from '#src/deps.ts';
import { createKnownPeople, type KnownPeople } from '#src/known-people.ts';
import { peopleWriter } from '#src/people-db.ts';
import { type IdentityHouse, startIdentity } from './identity-house.ts';

const caller = anonymous(newRequestId());
let house: IdentityHouse;
/** Two processes of the house, which hear what the other one told. */
let [here, there]: KnownPeople[] = [];
const hearers: ((event: HouseEvent) => void)[] = [];

beforeAll(async () => {
  house = await startIdentity();
  const { db } = house.context;
  const bus = {
    async emit(tx: { afterCommit(call: () => void): void }, _event: unknown, { key }: { key: string }) {
      const event = { type: PersonChanged.type, key, data: { userId: key } } as unknown as HouseEvent;
      tx.afterCommit(() => {
        for (const hear of hearers) hear(event);
      });
    },
    broadcast(_events: unknown, hear: (event: HouseEvent) => void) {
      hearers.push(hear);
      return { stop: async () => {} };
    },
  } as unknown as IdentityDeps['bus'];
  [here, there] = [createKnownPeople({ db, bus }), createKnownPeople({ db, bus })];
  here.start();
  there.start();
  await db.write((tx) =>
    peopleWriter(tx).insert({
      id: 'usr_1',
      name: 'Ada',
      email: 'ada@example.org',
      proof: 'mail',
      passwordHash: 'a hash',
      now: new Date(),
    }),
  );
});
afterAll(() => house.close());

const rename = (name: string) =>
  house.context.db.write(async (tx) => {
    await peopleWriter(tx).setName('usr_1', name);
    await here!.changed(tx, caller, 'usr_1');
  });

it('knows who was read, without what lets anybody in', async () => {
  expect(here!.get('usr_1')).toBeUndefined();
  await here!.read(['usr_1', 'usr_none']);
  expect(here!.get('usr_1')).toMatchObject({ id: 'usr_1', name: 'Ada' });
  expect(here!.get('usr_1')).not.toHaveProperty('password_hash');
  expect(here!.get('usr_none')).toBeUndefined();
});

it('forgets in every process who changed', async () => {
  await Promise.all([here!.read(['usr_1']), there!.read(['usr_1'])]);
  await rename('Ada B.');
  expect([here!.get('usr_1'), there!.get('usr_1')]).toEqual([undefined, undefined]);
  expect((await there!.read(['usr_1'])).get('usr_1')).toMatchObject({ name: 'Ada B.' });
});

it('does not keep what was read while it changed', async () => {
  const reading = there!.read(['usr_1']);
  for (const hear of hearers) hear({ type: PersonChanged.type, data: { userId: 'usr_1' } } as unknown as HouseEvent);
  expect((await reading).get('usr_1')).toMatchObject({ name: 'Ada B.' });
  expect(there!.get('usr_1')).toBeUndefined();
});
