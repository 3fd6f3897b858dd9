import { beforeEach, describe, expect, test } from 'vitest';
import { createForest, type Forest } from '#src/forest.ts';
import type { ForestOp } from '#src/ops.ts';
import { ForestRefusal } from '#src/refusal.ts';
import { kinds } from './kinds.ts';

const plant = (
  id: string,
  kind: string,
  parent: string | null,
  more: { owner?: string; sealed?: boolean } = {},
): ForestOp => ({
  op: 'plant',
  node: { id, kind, parent, owner: more.owner ?? null, inherit: more.sealed ? 'sealed' : 'open', name: id },
});
let forest: Forest;
const can = (
  who: string,
  privilege: string,
  node: string,
  more: { scopes?: string[]; now?: number; author?: string } = {},
) =>
  forest.can({
    principal: who,
    privilege,
    node,
    now: more.now ?? 0,
    ...(more.scopes && { scopes: more.scopes }),
    ...(more.author && { author: more.author }),
  });

beforeEach(() => {
  forest = createForest({ kinds });
  forest.apply([
    plant('platform', 'platform', null),
    plant('garden', 'space', 'platform', { owner: 'user:olive' }),
    plant('shed', 'space', 'garden'),
    plant('web', 'app', 'shed'),
    { op: 'group', group: 'group:members', name: 'Members of Garden', node: 'garden' },
    { op: 'grant', node: 'garden', principal: 'group:members', role: 'member' },
    { op: 'join', group: 'group:members', principal: 'user:ada' },
  ]);
});

describe('deciding', () => {
  test('denies whatever it does not know', () => {
    expect(can('user:nobody', 'space.read', 'garden')).toBe(false);
    expect(can('user:olive', 'space.read', 'nowhere')).toBe(false);
    expect(can('user:olive', 'space.fly', 'garden')).toBe(false);
    expect(can('user:olive', 'app.deploy', 'garden')).toBe(false);
  });

  test('an owner above holds below; a group reaches its members; a role changes at the border of kinds', () => {
    expect(can('user:olive', 'app.deploy', 'web')).toBe(true);
    expect(can('user:ada', 'space.read', 'shed')).toBe(true);
    expect(can('user:ada', 'app.deploy', 'web')).toBe(false);
    forest.apply([{ op: 'grant', node: 'garden', principal: 'user:ada', role: 'lead' }]);
    expect(can('user:ada', 'app.deploy', 'web')).toBe(true);
  });

  test('roles of the platform do not reach spaces', () => {
    forest.apply([{ op: 'grant', node: 'platform', principal: 'user:op', role: 'owner' }]);
    expect(can('user:op', 'space.read', 'garden')).toBe(false);
    expect(can('user:op', 'platform.create-space', 'platform')).toBe(true);
  });

  test('a sealed node takes nothing from above, except broken glass while it lasts', () => {
    forest.apply([
      { op: 'inherit', node: 'shed', inherit: 'sealed' },
      { op: 'grant', node: 'platform', principal: 'user:op', role: 'owner' },
      { op: 'break-glass', node: 'shed', principal: 'user:op', until: 100 },
      { op: 'break-glass', node: 'shed', principal: 'user:ada', until: 100 },
    ]);
    expect(can('user:olive', 'space.read', 'shed')).toBe(false);
    expect(can('user:op', 'space.read', 'shed', { now: 99 })).toBe(true);
    expect(can('user:op', 'app.deploy', 'web', { now: 99 })).toBe(true);
    expect(can('user:op', 'space.read', 'shed', { now: 100 })).toBe(false);
    expect(can('user:ada', 'space.read', 'shed', { now: 1 })).toBe(false);
  });

  test('a grant that is here only, or has run out, holds no further', () => {
    forest.apply([
      { op: 'grant', node: 'garden', principal: 'user:gus', role: 'admin', cascade: false },
      { op: 'grant', node: 'garden', principal: 'user:tim', role: 'admin', until: 50 },
    ]);
    expect([can('user:gus', 'space.update', 'garden'), can('user:gus', 'space.update', 'shed')]).toEqual([true, false]);
    expect([
      can('user:tim', 'space.update', 'shed', { now: 49 }),
      can('user:tim', 'space.update', 'shed', { now: 50 }),
    ]).toEqual([true, false]);
  });

  test('a block beats every grant, here and below, until it ends', () => {
    forest.apply([
      {
        op: 'block',
        node: 'garden',
        principal: 'user:olive',
        privileges: ['app.*', 'space.update'],
        until: 10,
        reason: 'cooling down',
      },
    ]);
    expect(can('user:olive', 'app.deploy', 'web')).toBe(false);
    expect(can('user:olive', 'space.update', 'shed')).toBe(false);
    expect(can('user:olive', 'space.read', 'shed')).toBe(true);
    expect(can('user:olive', 'app.deploy', 'web', { now: 10 })).toBe(true);
  });

  test('wildcards: everybody who is signed in, and anybody', () => {
    forest.apply([{ op: 'grant', node: 'garden', principal: 'signed-in', role: 'viewer' }]);
    expect([can('user:new', 'space.read', 'garden'), can('anyone', 'space.read', 'garden')]).toEqual([true, false]);
    forest.apply([{ op: 'grant', node: 'garden', principal: 'anyone', role: 'viewer' }]);
    expect(can('anyone', 'space.read', 'garden')).toBe(true);
  });

  test('a scope narrows and never widens', () => {
    expect(can('user:olive', 'app.deploy', 'web', { scopes: ['app.deploy@garden'] })).toBe(true);
    expect(can('user:olive', 'app.deploy', 'web', { scopes: ['app.read-about@garden'] })).toBe(false);
    expect(can('user:olive', 'app.read-about', 'web', { scopes: ['app.deploy@web'] })).toBe(true);
    expect(can('user:ada', 'app.deploy', 'web', { scopes: ['*@garden'] })).toBe(false);
    expect(can('user:olive', 'app.deploy', 'web', { scopes: [] })).toBe(false);
  });

  test('an author may edit their own, as long as they may be here at all', () => {
    expect(can('user:ada', 'space.edit-post', 'garden', { author: 'user:ada' })).toBe(true);
    expect(can('user:ada', 'space.edit-post', 'garden', { author: 'user:other' })).toBe(false);
    forest.apply([{ op: 'leave', group: 'group:members', principal: 'user:ada' }]);
    expect(can('user:ada', 'space.edit-post', 'garden', { author: 'user:ada' })).toBe(false);
  });
});

describe('changing', () => {
  test('a list with one refusal changes nothing', () => {
    const before = [...forest.snapshot()];
    expect(() =>
      forest.apply([
        { op: 'remove', node: 'garden' },
        { op: 'group', group: 'group:x', name: 'X', node: null },
        { op: 'move', node: 'platform', parent: 'gone' },
      ]),
    ).toThrow(ForestRefusal);
    const byText = (ops: ForestOp[]) => ops.map((op) => JSON.stringify(op)).sort();
    expect(byText([...forest.snapshot()])).toEqual(byText(before));
    expect(can('user:ada', 'space.read', 'shed')).toBe(true);
  });

  test.each<[string, ForestOp[], string]>([
    ['a node below itself', [{ op: 'move', node: 'garden', parent: 'shed' }], 'cycle'],
    ['an unknown parent', [plant('x', 'space', 'gone')], 'unknown-node'],
    ['the same id elsewhere', [plant('shed', 'space', 'platform')], 'conflict'],
    [
      'more than sixteen levels',
      Array.from({ length: 14 }, (_, depth) => plant(`d${depth}`, 'space', depth === 0 ? 'shed' : `d${depth - 1}`)),
      'too-deep',
    ],
    ['a principal of no kind', [{ op: 'grant', node: 'garden', principal: 'ada', role: 'member' }], 'bad-principal'],
    ['a group that is not there', [{ op: 'join', group: 'group:gone', principal: 'user:ada' }], 'unknown-group'],
    [
      'a group in itself',
      [
        { op: 'group', group: 'group:inner', name: 'Inner', node: null },
        { op: 'join', group: 'group:members', principal: 'group:inner' },
        { op: 'join', group: 'group:inner', principal: 'group:members' },
      ],
      'cycle',
    ],
  ])('refuses %s', (_, ops, code) => {
    expect(() => forest.apply(ops)).toThrow(expect.objectContaining({ code }));
  });

  test('a removed subtree takes its groups and grants with it', () => {
    forest.apply([{ op: 'remove', node: 'garden' }]);
    expect(forest.node('web')).toBeUndefined();
    expect(forest.groupName('group:members')).toBeUndefined();
    forest.apply([plant('garden', 'space', 'platform')]);
    expect(can('user:olive', 'space.read', 'garden')).toBe(false);
    expect(can('user:ada', 'space.read', 'garden')).toBe(false);
  });

  test('a snapshot makes the same forest again', () => {
    forest.apply([
      { op: 'block', node: 'shed', principal: 'user:ada', privileges: ['space.read'], reason: 'loud' },
      { op: 'group', group: 'group:all', name: 'All', node: null },
      { op: 'join', group: 'group:all', principal: 'group:members', until: 99 },
    ]);
    const copy = createForest({ kinds });
    copy.apply([...forest.snapshot()]);
    expect([...copy.snapshot()].map((op) => JSON.stringify(op)).sort()).toEqual(
      [...forest.snapshot()].map((op) => JSON.stringify(op)).sort(),
    );
  });
});

describe('explaining', () => {
  test('says what decided, in words', () => {
    forest.apply([{ op: 'grant', node: 'garden', principal: 'user:gus', role: 'guest' }]);
    const reason = forest.explain({ principal: 'user:gus', privilege: 'app.deploy', node: 'web', now: 0 });
    expect(reason).toMatchObject({
      allowed: false,
      text: 'Is viewer of web; to deploy the app needs owner, admin or developer.',
    });
    expect(reason.steps.map((step) => step.text)).toEqual([
      'has the role guest on garden',
      'being guest of shed makes viewer of web',
    ]);
    expect(
      forest.explain({ principal: 'user:ada', privilege: 'space.read', node: 'shed', now: 0 }).steps[0]?.text,
    ).toBe('has the role member on garden through Members of Garden');
  });

  test('agrees with the decision, and lists who can', () => {
    expect(
      forest.whoCan('space.read', 'shed', 0).map((each) => [each.principal, each.role, each.from, each.groupName]),
    ).toEqual([
      ['user:olive', 'owner', 'garden', undefined],
      ['user:ada', 'member', 'garden', 'Members of Garden'],
    ]);
    expect(forest.visible({ principal: 'user:ada', privilege: 'space.read', kind: 'space', now: 0, limit: 1 })).toEqual(
      { ids: ['garden'], next: 'garden' },
    );
    expect(
      forest.visible({
        principal: 'user:ada',
        privilege: 'space.read',
        kind: 'space',
        now: 0,
        limit: 5,
        after: 'garden',
      }),
    ).toEqual({ ids: ['shed'] });
  });
});
