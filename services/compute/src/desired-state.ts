import type { Bus } from '@steading/bus';
import { InstancesChanged } from '@steading/contracts/compute-events';
import type { Database } from '@steading/db';
import { type Clock, isAppError, type Log, newRequestId, serviceCaller } from '@steading/kit';
import { fail } from '#src/errors.ts';
import { generationsDb } from '#src/generations-db.ts';
import type { Desired, Runtime, RuntimeEvents } from '#src/runtime/runtime.ts';
import { seal, unseal } from '#src/sealing.ts';

/**
 * What should run, in tables; and what runs, told to the house. After a crash at any moment `converge` says to the runtime
 * what was live and what was on its way, and the runtime goes on from what it finds.
 */
export interface DesiredState {
  readonly events: RuntimeEvents;
  apply(runtime: Runtime, desired: Desired): Promise<void>;
  abort(runtime: Runtime, appId: string, generation: string, reason: string): Promise<void>;
  converge(runtime: Runtime): Promise<void>;
  /** The end of a rollout that the runtime does not remember. */
  outcome(appId: string, generation: string): Promise<{ healthy: boolean; reason: string } | undefined>;
  /** Secret values of all kept generations: an old line may show an old secret. */
  masked(appId: string): Promise<string[]>;
  forget(appId: string): Promise<void>;
  /** Resolves when everything that the runtime told is stored and sent, or was given up because the house ends. */
  quiet(): Promise<void>;
  /** From now on what cannot be stored is not tried again: there is a next start to converge. */
  close(): void;
}

/** Tries to store what the runtime told; the wait between them doubles. `most` is for what does not pass of itself. */
const retry = { firstMs: 250, longestMs: 5_000, most: 20 };

/** Away, full or short of something, as PostgreSQL's classes 53, 57 and 58 are: however long, it ends. */
function mayPass(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (isAppError(error) && error.status === 503) || (typeof code === 'string' && /^5[378]/.test(code));
}

export interface DesiredStateOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly key: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}

export function createDesiredState(options: DesiredStateOptions): DesiredState {
  const { db, bus, key, clock, log } = options;
  const closing = new AbortController();
  let runtimeSeen: Runtime | undefined;
  let work: Promise<void> = Promise.resolve();
  const dirty = new Set<string>();

  /** In order, and until it is done: what the edge is not told of, it sends nobody to. */
  function enqueue(step: () => Promise<void>): void {
    work = work.then(() => untilDone(step));
  }

  async function untilDone(step: () => Promise<void>): Promise<void> {
    for (let tried = 1; ; tried++)
      try {
        return await step();
      } catch (error) {
        if (closing.signal.aborted || (tried >= retry.most && !mayPass(error)))
          return log.error({ err: error }, 'the state of an app could not be stored');
        log.warn({ err: error }, 'the state of an app could not be stored; it is tried again');
        await clock.sleep(Math.min(retry.firstMs * 2 ** (tried - 1), retry.longestMs), closing.signal);
      }
  }

  async function tellInstances(appId: string): Promise<void> {
    dirty.delete(appId);
    const instances = runtimeSeen?.instances(appId) ?? [];
    await db.write(async (tx) => {
      const row = await tx.first(generationsDb.nextRevision, appId);
      const told = instances.map(({ id, generation, state, address, restarts, stopsMs, reason }) => ({
        ...{ id, generation, state, address, restarts },
        ...(stopsMs > 0 && { stopsMs }),
        ...(reason && { reason }),
      }));
      const data = { appId, revision: Number(row!.revision), instances: told };
      await bus.emit(tx, InstancesChanged, { key: appId, caller: serviceCaller('compute', newRequestId()), data });
    });
  }

  async function settle(
    appId: string,
    generation: string,
    outcome: 'healthy' | 'failed',
    reason: string,
  ): Promise<void> {
    await db.write(async (tx) => {
      if (outcome === 'healthy') await tx.run(generationsDb.replaceCurrent, appId, generation);
      await tx.run(generationsDb.settle, appId, generation, outcome === 'healthy' ? 'current' : 'failed', reason);
      await tx.run(generationsDb.forgetOld, appId);
    });
  }

  return {
    events: {
      changed(appId) {
        if (dirty.has(appId)) return;
        dirty.add(appId);
        enqueue(() => tellInstances(appId));
      },
      settled: (appId, generation, outcome, reason) => enqueue(() => settle(appId, generation, outcome, reason)),
    },
    async apply(runtime, desired) {
      const { appId, generation } = desired;
      const known = await db.first(generationsDb.one, appId, generation);
      if (!known) {
        if (!runtime.releaseExists(appId, desired.releaseId))
          throw fail('compute.release-unknown', { releaseId: desired.releaseId });
        const newest = await db.first(generationsDb.newest, appId);
        if (newest && newest.generation > generation) throw fail('compute.generation-old', { generation });
        await db.write(async (tx) => {
          await tx.run(generationsDb.supersede, appId, generation, `superseded by ${generation}`);
          await tx.run(generationsDb.insert, appId, generation, seal(key, desired));
        });
      }
      if (!known || known.state === 'rolling') await runtime.apply(desired);
    },
    async abort(runtime, appId, generation, reason) {
      await runtime.abort(appId, generation, reason);
      await db.write((tx) => tx.run(generationsDb.settle, appId, generation, 'failed', reason));
    },
    async converge(runtime) {
      runtimeSeen = runtime;
      const wanted = await db.all(generationsDb.wanted);
      const desired = (state: string) =>
        wanted
          .filter((row) => row.state === state)
          .map((row) => unseal(key, row.sealed, row.app_id, row.generation))
          .filter(({ appId, releaseId }) => runtime.releaseExists(appId, releaseId));
      for (const live of desired('current')) await runtime.restore(live);
      for (const rolling of desired('rolling')) await runtime.apply(rolling);
      await runtime.sweep();
      for (const appId of new Set(wanted.map((row) => row.app_id))) this.events.changed(appId);
    },
    async outcome(appId, generation) {
      const row = await db.first(generationsDb.one, appId, generation);
      if (!row || row.state === 'rolling') return undefined;
      return { healthy: row.state !== 'failed', reason: row.reason };
    },
    async masked(appId) {
      const rows = await db.all(generationsDb.sealedOf, appId);
      return [...new Set(rows.flatMap((row) => unseal(key, row.sealed, appId, row.generation).masked))];
    },
    async forget(appId) {
      await work;
      await db.write((tx) => tx.run(generationsDb.removeApp, appId));
      enqueue(() => tellInstances(appId));
    },
    async quiet() {
      await work;
    },
    close: () => closing.abort(),
  };
}
