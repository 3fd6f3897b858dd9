import { describe, expect, test } from 'vitest';
import { createForest, type Forest } from '#src/forest.ts';
import { roles } from '#src/kinds.ts';
import type { ForestOp } from '#src/ops.ts';
import { ForestRefusal } from '#src/refusal.ts';
import { kinds } from './kinds.ts';
import { createNaiveForest } from './naive-forest.ts';

const rounds = 60;
const changesEach = 150;
const people = ['user:a', 'user:b', 'user:c', 'service-account:d'];
const groups = Array.from({ length: 11 }, (_, number) => `group:g${number}`);
const everybody = [...people, 'signed-in', 'anyone'];
const nodeIds = Array.from({ length: 24 }, (_, number) => `n${String(number).padStart(2, '0')}`);
const privileges = kinds.flatMap((kind) => Object.keys(kind.privileges));

/** mulberry32: small, good enough, and the same everywhere for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function createMaker(random: () => number) {
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const until = () => (random() < 0.5 ? null : 1 + below(100));
  const node = () => one(nodeIds);
  const principal = () => (random() < 0.4 ? one(groups) : one(everybody));
  const parent = () => (random() < 0.1 ? null : node());
  const makers: (() => ForestOp)[] = [
    () => ({
      op: 'plant',
      node: {
        id: node(),
        kind: one(kinds).kind,
        parent: parent(),
        owner: random() < 0.7 ? null : principal(),
        inherit: random() < 0.85 ? 'open' : 'sealed',
        name: 'x',
      },
    }),
    () => ({ op: 'move', node: node(), parent: parent() }),
    () => ({ op: 'inherit', node: node(), inherit: random() < 0.7 ? 'open' : 'sealed' }),
    () => ({ op: 'own', node: node(), owner: random() < 0.4 ? null : principal() }),
    () => ({
      op: 'grant',
      node: node(),
      principal: principal(),
      role: one(roles),
      cascade: random() < 0.8,
      until: until(),
    }),
    () => ({ op: 'revoke', node: node(), principal: principal(), role: one(roles) }),
    () => ({
      op: 'block',
      node: node(),
      principal: principal(),
      privileges: [one([...privileges, '*', 'space.*'])],
      until: until(),
      reason: '',
    }),
    () => ({ op: 'unblock', node: node(), principal: principal() }),
    () => ({ op: 'break-glass', node: node(), principal: one(people), until: 1 + below(100) }),
    () => ({ op: 'mend-glass', node: node(), principal: one(people) }),
    () => ({ op: 'group', group: one(groups), name: 'g', node: random() < 0.5 ? null : node() }),
    () => ({ op: 'join', group: one(groups), principal: random() < 0.5 ? one(groups) : one(people), until: until() }),
    () => ({ op: 'leave', group: one(groups), principal: principal() }),
  ];
  const rare: (() => ForestOp)[] = [
    () => ({ op: 'remove', node: one(nodeIds.slice(6)) }),
    () => ({ op: 'remove-group', group: one(groups) }),
  ];
  const weights = [0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 10, 11, 11, 11, 12];
  const make = () => (random() < 0.015 ? one(rare)() : makers[one(weights)]!());
  const list = () => Array.from({ length: random() < 0.7 ? 1 : 2 + below(2) }, make);
  /** A tree to begin with: the platform, then each node below an earlier one. */
  const tree = nodeIds.slice(0, 16).map((id, index): ForestOp => {
    const kind = index === 0 ? 'platform' : index < 8 ? 'space' : one(['space', 'app']);
    const above = index === 0 ? null : nodeIds[below(index)]!;
    return { op: 'plant', node: { id, kind, parent: above, owner: null, inherit: 'open', name: id } };
  });
  const flock = groups.map((group): ForestOp => ({ op: 'group', group, name: group, node: null }));
  return { start: [...tree, ...flock], list, below };
}

function applied(forest: Forest, ops: readonly ForestOp[]): boolean {
  try {
    forest.apply(ops);
    return true;
  } catch (error) {
    if (error instanceof ForestRefusal) return false;
    throw error;
  }
}

function compare(forest: Forest, naive: ReturnType<typeof createNaiveForest>, now: number): number {
  let allowed = 0;
  for (const principal of everybody) {
    for (const privilege of privileges) {
      const kind = privilege.split('.')[0]!;
      const can = nodeIds.filter((node) => forest.can({ principal, privilege, node, now }));
      expect(can, `${principal} ${privilege} at ${now}`).toEqual(
        nodeIds.filter((node) => naive.can(principal, privilege, node, now)),
      );
      allowed += can.length;
      const explained = nodeIds.filter((node) => forest.explain({ principal, privilege, node, now }).allowed);
      expect(explained).toEqual(can);
      const paged: string[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const page = forest.visible({ principal, privilege, kind, now, limit: 3, ...(after && { after }) });
        paged.push(...page.ids);
        after = page.next;
        more = after !== undefined;
      }
      expect(paged).toEqual(naive.visible(principal, privilege, kind, now));
    }
  }
  for (const privilege of privileges) {
    for (const node of nodeIds) {
      const holders = new Set(forest.whoCan(privilege, node, now).map((holder) => holder.principal));
      expect([...holders].sort(), `who can ${privilege} on ${node} at ${now}`).toEqual(
        naive.whoCan(everybody, privilege, node, now),
      );
    }
  }
  return allowed;
}

describe('the forest answers as its naive model does', () => {
  test.each(Array.from({ length: rounds }, (_, seed) => seed + 1))('seed %i', (seed) => {
    const maker = createMaker(randomFrom(seed));
    const forest = createForest({ kinds });
    const naive = createNaiveForest(kinds);
    forest.apply(maker.start);
    naive.apply(maker.start);
    let allowed = 0;
    let refused = 0;
    for (let step = 0; step < changesEach; step++) {
      const ops = maker.list();
      const taken = applied(forest, ops);
      if (!taken) refused++;
      expect(taken, `step ${step}: ${JSON.stringify(ops)}`).toBe(naive.apply(ops));
      if (step % 30 === 29) allowed += compare(forest, naive, maker.below(100));
    }
    const copy = createForest({ kinds });
    copy.load([...forest.snapshot()]);
    compare(copy, naive, maker.below(100));
    // A forest in which nobody may do anything, or every change succeeds, would prove nothing.
    expect(allowed).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
  });
});
