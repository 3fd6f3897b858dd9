import { create } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import type { Bus } from '@steading/bus';
import { ForestChanged } from '@steading/contracts/forest-events';
import {
  ChangeSchema,
  ChangesResponseSchema,
  type ForestService,
  SnapshotResponseSchema,
  WriteResponseSchema,
} from '@steading/contracts/rpc/forest';
import { createForest, defineKind, type ForestOp } from '@steading/forest';
import { anonymous, type Caller, createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import type { RpcClients } from '@steading/rpc';
import { callerFor, waitFor } from '@steading/testkit';
import { afterEach, expect, test } from 'vitest';
import { createAccess, fromOperation, type RunningAccess, toOperation } from '#src/index.ts';

const kinds = [
  defineKind({
    kind: 'garden',
    service: 'gardens',
    readAbout: 'garden.read-about',
    privileges: {
      'garden.read-about': { text: 'know of the garden', roles: ['owner', 'guest'] },
      'garden.dig': { text: 'dig', roles: ['owner'] },
    },
  }),
];
const running: RunningAccess[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

/** A forest service as replicas see it, with its log, and a bus that tells all of them. */
function createKeeper() {
  const forest = createForest({ kinds });
  const log: ForestOp[][] = [];
  const listeners = new Set<(revision: number) => void>();
  const keeper = {
    snapshots: 0,
    asked: 0,
    /** Revisions up to this one are no longer in the log. */
    cut: 0,
    isDown: false,
    isSilent: false,
    log,
    write(...ops: ForestOp[]): number {
      forest.apply(ops);
      log.push(ops);
      if (!keeper.isSilent) for (const tell of listeners) tell(log.length);
      return log.length;
    },
  };
  const client = {
    async write({ operations = [] }: { operations?: Parameters<typeof fromOperation>[0][] }) {
      const revision = keeper.write(...operations.map((each) => fromOperation(each) as ForestOp));
      return create(WriteResponseSchema, { revision: BigInt(revision) });
    },
    async *snapshot() {
      if (keeper.isDown) throw new Error('down');
      keeper.snapshots++;
      const operations = [...forest.snapshot()].map(toOperation);
      yield create(SnapshotResponseSchema, { revision: BigInt(log.length), operations });
    },
    async changes({ afterRevision = 0n }: { afterRevision?: bigint }) {
      keeper.asked++;
      if (keeper.isDown) throw new Error('down');
      const after = Number(afterRevision);
      return create(ChangesResponseSchema, {
        gap: after < keeper.cut,
        revision: BigInt(log.length),
        changes: log
          .slice(after)
          .map((ops, at) =>
            create(ChangeSchema, { revision: BigInt(after + at + 1), operations: ops.map(toOperation) }),
          ),
      });
    },
  } as unknown as Client<typeof ForestService>;
  const bus = {
    broadcast(_: unknown, handle: (event: { type: string; data: unknown }) => void) {
      const tell = (revision: number) => handle({ type: ForestChanged.type, data: { revision } });
      listeners.add(tell);
      return { stop: async () => void listeners.delete(tell) };
    },
  } as unknown as Bus;
  function replica(more: { othersWrite?: boolean } = {}): RunningAccess {
    const rpc = { client: () => client } as unknown as RpcClients;
    const log = createLog({ level: 'silent' });
    const access = createAccess({ rpc, bus, kinds, clock: systemClock, log, ...more });
    running.push(access);
    return access;
  }
  return Object.assign(keeper, { replica });
}

const plant = (id: string, parent: string | null = null): ForestOp => ({
  op: 'plant',
  node: { id, kind: 'garden', parent, owner: null, inherit: 'open', name: `The ${id}` },
});
const grant = (node: string, principal: string, role: 'owner' | 'guest'): ForestOp => ({
  op: 'grant',
  node,
  principal,
  role,
});
const started = async (access: RunningAccess) => {
  await access.start(new AbortController().signal);
  return access;
};
const ada = callerFor();
const itself = () => serviceCaller('gardens', newRequestId());

test('a replica reads a snapshot once, and every change after it', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'), grant('a', ada.principal, 'guest'));
  const access = await started(keeper.replica());
  expect([access.revision, access.can(ada, 'garden.dig', 'a')]).toEqual([1, false]);
  keeper.write(grant('a', ada.principal, 'owner'));
  await access.waitFor(2);
  expect(access.can(ada, 'garden.dig', 'a')).toBe(true);
  expect(keeper.snapshots).toBe(1);
});

test('a gap in the log leads to a new snapshot', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'));
  const access = await started(keeper.replica());
  keeper.isSilent = true;
  keeper.write(plant('b'));
  keeper.cut = keeper.write(plant('c'));
  await access.waitFor(3);
  expect([access.node('b')?.name, keeper.snapshots]).toEqual(['The b', 2]);
});

test('a change that does not fit leads to a new snapshot', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'));
  const access = await started(keeper.replica());
  keeper.isSilent = true;
  const revision = keeper.write(plant('b'));
  keeper.log[revision - 1] = [plant('b', 'nowhere')];
  await access.waitFor(revision);
  expect([access.node('b')?.parent, keeper.snapshots]).toEqual([null, 2]);
});

test('waiting ends at its deadline, and when it is given up', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'));
  const access = await started(keeper.replica());
  await expect(access.waitFor(9, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'unavailable' });
  const giving = new AbortController();
  const waiting = access.waitFor(9, { signal: giving.signal });
  giving.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await expect(access.waitFor(9, { signal: giving.signal })).rejects.toMatchObject({ code: 'cancelled' });
});

test('what is required and not had is refused in three ways', async () => {
  const keeper = createKeeper();
  const guest = callerFor();
  keeper.write(plant('a'), grant('a', guest.principal, 'guest'), grant('a', ada.principal, 'owner'));
  const access = await started(keeper.replica());
  const ask = async (caller: Caller, node: string) => access.require(caller, 'garden.dig', node);
  const code = (caller: Caller, node = 'a') =>
    ask(caller, node).then(
      () => 'allowed',
      (error: { code: string }) => error.code,
    );
  expect(await code(ada)).toBe('allowed');
  expect(await code(itself())).toBe('allowed');
  expect(await code(guest)).toBe('forbidden');
  expect(await code(callerFor())).toBe('not-found');
  expect(await code(ada, 'missing')).toBe('not-found');
  expect(await code(anonymous(newRequestId()))).toBe('unauthenticated');
});

test('who comes with a revision is answered at that revision, not before', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'), grant('a', ada.principal, 'owner'));
  const access = await started(keeper.replica());
  keeper.isSilent = true;
  const revision = keeper.write({ op: 'revoke', node: 'a', principal: ada.principal, role: 'owner' });
  expect(access.can(ada, 'garden.dig', 'a')).toBe(true);
  await expect(access.require({ ...ada, revision }, 'garden.dig', 'a')).rejects.toMatchObject({ code: 'not-found' });
});

test('where others write, nobody is refused by what was true before they asked, and a hundred share two questions', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'));
  const access = await started(keeper.replica({ othersWrite: true }));
  keeper.isSilent = true;
  keeper.write(grant('a', ada.principal, 'owner'));
  const before = keeper.asked;
  await Promise.all(Array.from({ length: 100 }, async () => access.require(ada, 'garden.dig', 'a')));
  expect(keeper.asked - before).toBeLessThanOrEqual(4);
  await expect(access.require(callerFor(), 'garden.dig', 'a')).rejects.toMatchObject({ code: 'not-found' });
  keeper.isDown = true;
  await expect(access.require(callerFor(), 'garden.dig', 'a')).rejects.toMatchObject({ code: 'not-found' });
});

test('a replica that has not loaded denies everything, and loads once it can', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'), grant('a', ada.principal, 'owner'));
  keeper.isDown = true;
  const access = keeper.replica();
  const starting = access.start(new AbortController().signal);
  await expect((async () => access.require(ada, 'garden.dig', 'a'))()).rejects.toMatchObject({ code: 'not-found' });
  expect([access.ready, access.can(ada, 'garden.dig', 'a')]).toEqual([false, false]);
  keeper.isDown = false;
  await starting;
  expect([access.ready, access.can(ada, 'garden.dig', 'a')]).toEqual([true, true]);
});

test('two replicas hear of one change over one bus, and one that watches badly stops nobody', async () => {
  const keeper = createKeeper();
  keeper.write(plant('a'));
  const [first, second] = [await started(keeper.replica()), await started(keeper.replica())];
  const heard: number[] = [];
  second.onChange(() => {
    throw new Error('badly');
  });
  const watching = second.onChange((revision) => heard.push(revision));
  expect(await first.write(itself(), [grant('a', ada.principal, 'owner')])).toBe(2);
  expect(first.can(ada, 'garden.dig', 'a')).toBe(true);
  await waitFor('the grant in the second', () => second.can(ada, 'garden.dig', 'a'));
  watching.stop();
  await first.write(itself(), [plant('b')]);
  await waitFor('the plant in the second', () => second.revision === 3);
  expect(heard).toEqual([2]);
});
