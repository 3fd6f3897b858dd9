/** The leases of one worker: renewed while it works, and its work is halted where one is gone or a cancel was asked for. */
import { deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { Halt } from '#src/pipeline/work.ts';
import { isDeadWorker } from '#src/pipeline/worker-name.ts';

export const leaseSeconds = 10;
const heartbeatMs = 1000;

/** What a worker has in work, by the deployment's id. */
export interface InWork {
  readonly abort: AbortController;
  cancellable: boolean;
  readonly done: Promise<void>;
}

export interface Leases {
  readonly owner: string;
  readonly inWork: ReadonlyMap<string, InWork>;
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts. A database that cannot be reached for as long as a lease lasts costs all of them. */
export async function keepLeases(deps: Deps, leases: Leases): Promise<void> {
  let renewedMs = deps.clock.now();
  while (!leases.signal.aborted) {
    await deps.clock.sleep(heartbeatMs, leases.signal);
    if (leases.inWork.size === 0 || (await renew(deps, leases))) renewedMs = deps.clock.now();
    else if (deps.clock.now() - renewedMs > leaseSeconds * 1000) haltAll(leases.inWork, 'lost');
  }
}

/** At a start: what a killed house of this machine was working on need not wait for its leases to run out. */
export async function endLeasesOfDead(deps: Deps): Promise<void> {
  const holders = await deploymentsDb.leaseHolders(deps.db);
  const dead = holders.filter(isDeadWorker);
  if (dead.length > 0) await deps.db.write((tx) => deploymentsDb.endLeases(tx, dead));
}

export function haltAll(inWork: ReadonlyMap<string, InWork>, why: 'lost' | 'house'): void {
  for (const entry of inWork.values()) entry.abort.abort(new Halt(why));
}

async function renew(deps: Deps, { owner, inWork }: Leases): Promise<boolean> {
  const ids = [...inWork.keys()];
  try {
    const rows = await deps.db.write((tx) => deploymentsDb.renew(tx, ids, owner, leaseSeconds));
    const held = new Map(rows.map((row) => [row.id, row.cancel_requested]));
    for (const id of ids) {
      const entry = inWork.get(id);
      if (!entry) continue;
      if (!held.has(id)) entry.abort.abort(new Halt('lost'));
      else if (held.get(id) && entry.cancellable) entry.abort.abort(new Halt('cancel'));
    }
    return true;
  } catch {
    return false;
  }
}
