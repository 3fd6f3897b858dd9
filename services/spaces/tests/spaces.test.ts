import { checkStatements } from '@steading/db';
import type { Caller } from '@steading/kit';
import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SpacesHouse, startSpaces } from './spaces-house.ts';

type Person = ReturnType<SpacesHouse['person']>;

describe('spaces', () => {
  let house: SpacesHouse;
  let ada: Person;
  let bob: Person;
  let eve: Person;
  beforeAll(async () => {
    house = await startSpaces();
    ada = house.person('Ada');
    bob = house.person('Bob');
    eve = house.person('Eve');
  });
  afterAll(() => house.close());

  const make = (caller: Caller, input: Record<string, unknown>) =>
    house.graph(caller, 'mutation($input: CreateSpaceInput!) { createSpace(input: $input) { id level myRole } }', {
      input: { name: 'A space', ...input },
    });
  const made = async (caller: Caller, input: Record<string, unknown>): Promise<string> => {
    const { data, code } = await make(caller, input);
    expect(code).toBeUndefined();
    return String(data.createSpace!.id);
  };
  const invite = (caller: Caller, spaceId: string, email: string, role: string) =>
    house.graph(
      caller,
      'mutation($s: ID!, $e: String!, $r: String!) { inviteToSpace(spaceId: $s, email: $e, role: $r) { id link person { id } } }',
      { s: spaceId, e: email, r: role },
    );
  const add = async (spaceId: string, person: Person, email: string, role: string) => {
    const { data } = await invite(ada, spaceId, email, role);
    const { code } = await house.graph(person, 'mutation($id: ID!) { acceptSpaceInvitation(id: $id) { id } }', {
      id: data.inviteToSpace!.id,
    });
    expect(code).toBeUndefined();
  };
  const setRole = (caller: Caller, spaceId: string, personId: string, role: string) =>
    house.graph(
      caller,
      'mutation($s: ID!, $p: ID!, $r: String!) { setMemberRole(spaceId: $s, personId: $p, role: $r) { role } }',
      { s: spaceId, p: personId, r: role },
    );
  const remove = (caller: Caller, spaceId: string, personId: string) =>
    house.graph(caller, 'mutation($s: ID!, $p: ID!) { removeMember(spaceId: $s, personId: $p) }', {
      s: spaceId,
      p: personId,
    });
  const read = (caller: Caller, id: string) =>
    house.graph(caller, 'query($id: ID!) { space(id: $id) { name } }', { id });

  test('have statements that all fit their tables', async () => {
    expect(await checkStatements(house.pool, 'spaces.')).toEqual([]);
  });

  test.each([
    ['four', 'bad-input'],
    ['a'.repeat(26), 'bad-input'],
    ['Garden', 'bad-input'],
    ['-garden', 'bad-input'],
    ['gar--den', 'bad-input'],
    ['gar/den', 'bad-input'],
    ['graphql', 'spaces.name-reserved'],
    ['sign-in', 'spaces.name-reserved'],
  ])('are not called %s', async (nameId, code) => {
    expect((await make(ada, { nameId })).code).toBe(code);
    expect(house.take()).toEqual([]);
  });

  test('belong to whoever makes them, are private, and tell one event', async () => {
    const { data } = await make(ada, { nameId: 'garden' });
    expect(data.createSpace).toMatchObject({ level: 1, myRole: 'owner' });
    expect(house.take()).toEqual(['spaces.space-created']);
    const id = String(data.createSpace!.id);
    expect((await read(ada, id)).code).toBeUndefined();
    expect((await read(bob, id)).code).toBe('not-found');
    expect((await read({ ...ada, kind: 'anonymous', principal: 'anyone' }, id)).code).toBe('unauthenticated');
    const byName = await house.graph(bob, '{ space(nameId: "garden") { id } }');
    const unknown = await house.graph(bob, '{ space(nameId: "nowhere") { id } }');
    expect([byName.code, unknown.code]).toEqual(['not-found', 'not-found']);
  });

  test('leave nothing in the forest when their name is taken, at once or before', async () => {
    const before = house.access.forest.size.nodes;
    const codes = await Promise.all([1, 2, 3].map(async () => (await make(bob, { nameId: 'orchard' })).code));
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'spaces.name-taken')).toHaveLength(2);
    expect(house.access.forest.size.nodes).toBe(before + 1);
    expect(house.take()).toEqual(['spaces.space-created']);
  });

  test('nest to three levels, and not deeper', async () => {
    const top = await made(ada, { nameId: 'level-one' });
    const middle = await made(ada, { nameId: 'level-two', parentId: top });
    const deep = await made(ada, { nameId: 'level-three', parentId: middle });
    expect((await make(ada, { nameId: 'level-four', parentId: deep })).code).toBe('spaces.too-deep');
    expect((await make(bob, { nameId: 'level-bob', parentId: top })).code).toBe('not-found');
    house.take();
  });

  test('are read by everybody who is signed in when public, and by nobody else when private again', async () => {
    const id = await made(ada, { nameId: 'meadow', privacy: 'public' });
    expect((await read(bob, id)).code).toBeUndefined();
    const change = 'mutation($id: ID!) { updateSpace(id: $id, input: { privacy: "private" }) { privacy } }';
    expect((await house.graph(bob, change, { id })).code).toBe('forbidden');
    expect((await house.graph(ada, change, { id })).code).toBeUndefined();
    expect((await read(bob, id)).code).toBe('not-found');
    expect(house.take()).toEqual(['spaces.space-created', 'spaces.space-updated']);
  });

  test('that are private below another are closed to those above', async () => {
    const top = await made(ada, { nameId: 'house-top' });
    await add(top, bob, 'bob@example.org', 'lead');
    const secret = await made(bob, { nameId: 'house-secret', parentId: top, privacy: 'private' });
    const shared = await made(bob, { nameId: 'house-shared', parentId: top, privacy: 'public' });
    expect((await read(ada, secret)).code).toBe('not-found');
    expect((await read(ada, shared)).code).toBeUndefined();
    expect((await read(eve, shared)).code).toBe('not-found');
    house.take();
  });

  test('take members by invitation, of whom a lead makes no admin', async () => {
    const id = await made(ada, { nameId: 'the-choir' });
    house.take();
    await add(id, bob, 'BOB@example.org', 'lead');
    expect(house.take()).toEqual(['spaces.member-invited', 'spaces.member-joined']);
    expect((await invite(bob, id, 'eve@example.org', 'admin')).code).toBe('spaces.role-above-yours');
    expect((await setRole(bob, id, ada.userId, 'guest')).code).toBe('spaces.role-above-yours');
    expect((await remove(bob, id, ada.userId)).code).toBe('spaces.role-above-yours');
    expect(house.take()).toEqual([]);
    const invited = await invite(bob, id, 'eve@example.org', 'guest');
    expect(invited.data.inviteToSpace).toMatchObject({ link: null, person: { id: eve.userId } });
    expect((await invite(ada, id, 'eve@example.org', 'member')).code).toBe('spaces.already-invited');
    const accept = 'mutation($id: ID!) { acceptSpaceInvitation(id: $id) { id } }';
    const invitationId = invited.data.inviteToSpace!.id;
    expect((await house.graph(bob, accept, { id: invitationId })).code).toBe('not-found');
    expect((await house.graph({ ...eve, scopes: ['app.read@app_1'] }, accept, { id: invitationId })).code).toBe(
      'forbidden',
    );
    expect((await house.graph(eve, accept, { id: invitationId })).code).toBeUndefined();
    expect((await house.graph(eve, accept, { id: invitationId })).code).toBe('spaces.invitation-gone');
    const seen = await house.graph(
      eve,
      'query($id: ID!) { space(id: $id) { myRole may { manageMembers leave createProject } members(search: "bo") { totalCount nodes { role person { id } } } } }',
      { id },
    );
    expect(seen.data.space).toEqual({
      myRole: 'guest',
      may: { manageMembers: false, leave: true, createProject: false },
      members: { totalCount: 3, nodes: [{ role: 'lead', person: { id: bob.userId } }] },
    });
    house.take();
  });

  test('take whoever registers with an invited address, if it is proven', async () => {
    const id = await made(ada, { nameId: 'newcomers' });
    house.take();
    const invited = await invite(ada, id, 'New@Example.org', 'developer');
    expect(invited.data.inviteToSpace).toMatchObject({ link: 'http://localhost:4600/register#token', person: null });
    const stranger = await house.registers('new@example.org', false);
    expect((await read(stranger, id)).code).toBe('not-found');
    const newcomer = await house.registers('new@example.org');
    await waitFor('the forest to know the newcomer', () => house.access.can(newcomer, 'space.create-project', id));
    expect(house.take()).toEqual(['spaces.member-invited', 'spaces.member-joined']);
  });

  test('keep to their limits of roles when two are given at once', async () => {
    const id = await made(ada, { nameId: 'two-leads' });
    const others = [bob, eve, house.person('Kim'), house.person('Lee')] as const;
    for (const [index, name] of ['bob', 'eve', 'kim', 'lee'].entries())
      await add(id, others[index]!, `${name}@example.org`, 'member');
    const codes = await Promise.all(others.map(async (one) => (await setRole(ada, id, one.userId, 'lead')).code));
    expect(codes.filter((code) => code === undefined)).toHaveLength(2);
    expect(codes.filter((code) => code === 'spaces.role-full')).toHaveLength(2);
    house.take();
  });

  test('always keep an owner, also when two owners leave at once', async () => {
    const id = await made(ada, { nameId: 'two-owners' });
    expect((await remove(ada, id, ada.userId)).code).toBe('spaces.last-owner');
    await add(id, bob, 'bob@example.org', 'owner');
    const codes = await Promise.all(
      [remove(ada, id, ada.userId), remove(bob, id, bob.userId)].map(async (one) => (await one).code),
    );
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'spaces.last-owner')).toHaveLength(1);
    const [stays, went] = codes[0] === undefined ? [bob, ada] : [ada, bob];
    expect([stays, went].map((one) => house.access.can(one, 'space.remove', id))).toEqual([true, false]);
    const { rows } = await house.pool.query('select person_id from spaces.members where space_id = $1', [id]);
    expect(rows).toEqual([{ person_id: stays.userId }]);
    house.take();
  });

  test('below another take only members of that one, and lose who leaves it', async () => {
    const top = await made(ada, { nameId: 'above-all' });
    const below = await made(ada, { nameId: 'below-it', parentId: top });
    expect((await invite(ada, below, 'eve@example.org', 'member')).code).toBe('spaces.not-member-above');
    expect((await invite(ada, below, 'nobody@example.org', 'member')).code).toBe('spaces.not-member-above');
    await add(top, eve, 'eve@example.org', 'member');
    await add(below, eve, 'eve@example.org', 'developer');
    expect(house.access.can(eve, 'space.create-project', below)).toBe(true);
    house.take();
    expect((await remove(eve, top, eve.userId)).code).toBeUndefined();
    expect(house.take()).toEqual(['spaces.member-left', 'spaces.member-left']);
    expect(house.access.can(eve, 'space.read-about', below)).toBe(false);
  });

  test('are joined only where they are open', async () => {
    const id = await made(ada, { nameId: 'open-door', privacy: 'public' });
    const join = 'mutation($id: ID!) { joinSpace(id: $id) { myRole } }';
    expect((await house.graph(bob, join, { id })).code).toBe('spaces.not-open');
    await house.graph(ada, 'mutation($id: ID!) { updateSpace(id: $id, input: { membership: "open" }) { id } }', { id });
    expect((await house.graph(bob, join, { id })).data.joinSpace).toEqual({ myRole: 'member' });
    expect((await house.graph(bob, join, { id })).code).toBe('spaces.already-member');
    house.take();
  });

  test('go with all below them, and say so for each', async () => {
    const top = await made(ada, { nameId: 'to-go-one' });
    const below = await made(ada, { nameId: 'to-go-two', parentId: top });
    house.take();
    const go = (caller: Caller) => house.graph(caller, 'mutation($id: ID!) { removeSpace(id: $id) }', { id: top });
    expect((await go(bob)).code).toBe('not-found');
    expect((await go(ada)).code).toBeUndefined();
    expect(house.take()).toEqual([
      'spaces.space.removed',
      'spaces.space-removed',
      'spaces.space.removed',
      'spaces.space-removed',
    ]);
    expect([house.access.forest.node(top), house.access.forest.node(below)]).toEqual([undefined, undefined]);
  });

  test('tell the forest later what a crash left untold', async () => {
    const id = await made(ada, { nameId: 'after-crash' });
    await house.pool.query(`insert into spaces.members values ($1, $2, 'member', now())`, [id, eve.userId]);
    await house.pool.query('insert into spaces.untold (space_id, person_id) values ($1, $2)', [id, eve.userId]);
    expect((await read(eve, id)).code).toBe('not-found');
    await house.parts.jobs![0]!.run(new AbortController().signal);
    expect((await read(eve, id)).code).toBeUndefined();
    const { rows } = await house.pool.query('select * from spaces.untold');
    expect(rows).toEqual([]);
  });
});
