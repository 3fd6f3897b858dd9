import { create } from '@bufbuild/protobuf';
import type { Bus, Subscription } from '@steading/bus';
import { ForestChanged } from '@steading/contracts/forest-events';
import { ChangesRequestSchema, ForestService, SnapshotRequestSchema } from '@steading/contracts/rpc/forest';
import { createForest, type Forest, type ForestOp, type KindDefinition } from '@steading/forest';
import { type Clock, kitErrors, type Log, newRequestId, serviceCaller, type Timer } from '@steading/kit';
import { as, type RpcClients } from '@steading/rpc';
import { fromOperation } from '#src/operations.ts';

export interface ReplicaOptions {
  readonly rpc: RpcClients;
  readonly bus: Bus;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * This process's copy of the forest: a snapshot at the start, then every change in the order of revisions. Woken by
 * `forest.changed`; a gap, or a change that does not fit, leads to a new snapshot. Empty until it has loaded, so that
 * everything is denied.
 */
export interface Replica {
  readonly forest: Forest;
  readonly revision: number;
  readonly ready: boolean;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  waitFor(revision: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** Resolves once everything is in that was written before this call; rejects where the forest cannot be asked. */
  refresh(): Promise<void>;
  onChange(call: (revision: number) => void): { stop(): void };
}

const retryMs = 250;
/** For a change that nobody announced: rest costs one call in this time. */
const safetyMs = 30_000;
const defaultWaitMs = 2_000;

export function createReplica(options: ReplicaOptions): Replica {
  const { rpc, bus, kinds, clock, log } = options;
  const watchers = new Set<(revision: number) => void>();
  const waiting = new Set<{ revision: number; done: () => void }>();
  let forest = createForest({ kinds });
  let revision = 0;
  let ready = false;
  let wanted = 0;
  let fetching: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let heard: Subscription | undefined;
  let safety: Timer | undefined;
  let retry: Timer | undefined;
  let isStopped = false;
  let stopping: AbortSignal | undefined;
  const caller = () => serviceCaller('access', newRequestId());

  async function load(): Promise<void> {
    const fresh = createForest({ kinds });
    let seen = 0;
    const client = rpc.client(ForestService);
    for await (const part of client.snapshot(create(SnapshotRequestSchema), as(caller(), { timeoutMs: 60_000 }))) {
      fresh.load(part.operations.map(fromOperation).filter((op): op is ForestOp => op !== undefined));
      seen = Number(part.revision);
    }
    forest = fresh;
    ready = true;
    moved(seen);
  }

  /** Fetches until nothing is new. One at a time; who comes meanwhile waits for the same. */
  function fetchChanges(): Promise<void> {
    fetching ??= (async () => {
      try {
        do {
          wanted = 0;
          if (!ready) await load();
          const client = rpc.client(ForestService);
          const answer = await client.changes(
            create(ChangesRequestSchema, { afterRevision: BigInt(revision) }),
            as(caller()),
          );
          if (
            answer.gap ||
            !applyAll(
              answer.changes.map((change) => ({ revision: Number(change.revision), operations: change.operations })),
            )
          )
            await load();
          if (Number(answer.revision) > revision && answer.changes.length > 0) wanted = 1;
        } while (wanted && !isStopped && !stopping?.aborted);
      } finally {
        fetching = undefined;
      }
    })();
    return fetching;
  }

  function applyAll(
    changes: readonly { revision: number; operations: Parameters<typeof fromOperation>[0][] }[],
  ): boolean {
    for (const change of changes) {
      if (change.revision <= revision) continue;
      if (change.revision !== revision + 1) return false;
      try {
        forest.apply(change.operations.map(fromOperation).filter((op): op is ForestOp => op !== undefined));
      } catch (error) {
        log.error(
          { err: error, revision: change.revision },
          'a change does not fit this replica of the forest; reading all of it again',
        );
        return false;
      }
      moved(change.revision);
    }
    return true;
  }

  function moved(to: number): void {
    revision = to;
    for (const each of waiting) if (each.revision <= to) each.done();
    for (const call of watchers) {
      try {
        call(to);
      } catch (error) {
        log.error({ err: error, revision: to }, 'somebody who watches the forest failed');
      }
    }
  }

  function wake(): void {
    wanted = 1;
    fetchChanges().catch((error) => {
      // However many are waiting, one of them tries again.
      if (isStopped || stopping?.aborted || retry) return;
      log.warn({ err: error }, 'the forest cannot be read; trying again');
      retry = clock.after(retryMs, () => {
        retry = undefined;
        wake();
      });
    });
  }

  function watch(): void {
    safety = clock.after(safetyMs, () => {
      wake();
      watch();
    });
  }

  return {
    get forest() {
      return forest;
    },
    get revision() {
      return revision;
    },
    get ready() {
      return ready;
    },
    async start(signal) {
      stopping = signal;
      heard = bus.broadcast([ForestChanged], (event) => {
        if ((event.data as { revision: number }).revision > revision) wake();
      });
      while (!ready && !signal.aborted) {
        try {
          await fetchChanges();
        } catch (error) {
          log.info({ err: error }, 'waiting for the forest service');
          await clock.sleep(retryMs, signal);
        }
      }
      if (!isStopped && !signal.aborted) watch();
    },
    async stop() {
      isStopped = true;
      safety?.cancel();
      retry?.cancel();
      await heard?.stop();
      await fetching?.catch(() => {});
    },
    async waitFor(target, { timeoutMs = defaultWaitMs, signal } = {}) {
      if (revision >= target) return;
      if (signal?.aborted) throw kitErrors('cancelled');
      wake();
      await new Promise<void>((resolve, reject) => {
        const entry = { revision: target, done: () => end() };
        const timer = clock.after(timeoutMs, () => end(kitErrors('unavailable', { what: 'The forest' })));
        const abort = () => end(kitErrors('cancelled'));
        const end = (error?: Error) => {
          waiting.delete(entry);
          timer.cancel();
          signal?.removeEventListener('abort', abort);
          if (error) reject(error);
          else resolve();
        };
        waiting.add(entry);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    refresh() {
      if (!fetching) return fetchChanges();
      // What is under way may have begun too early; whoever asks while it is shares the next one.
      queued ??= fetching
        .catch(() => {})
        .then(() => {
          queued = undefined;
          return fetchChanges();
        });
      return queued;
    },
    onChange(call) {
      watchers.add(call);
      return { stop: () => void watchers.delete(call) };
    },
  };
}
