/**
 * The gateways through which a deployment must be reached. Each says that it is up, and where it is, when it starts and
 * then now and again; whether it is there at this moment only a probe can tell.
 */
import type { Clock } from '@steading/kit';
import type { Deps } from '#src/deps.ts';
import { type EdgeRow, edgesDb, edgeTimes } from '#src/edges-db.ts';
import type { Edge, EdgeRequest } from '#src/pipeline/edge-request.ts';

export interface Edges {
  readonly request: EdgeRequest;
  /** Those to be reached now. */
  up(): Promise<readonly Edge[]>;
  /** When all that are up have had the time to say so to this process. */
  readonly gatheredMs: number;
}

export interface EdgesOptions {
  readonly deps: () => Pick<Deps, 'db'>;
  readonly clock: Clock;
  readonly request: EdgeRequest;
  /** Where an operator says that deployments are to be probed: then nobody else is asked. */
  readonly fixed: readonly string[];
}

export function createEdges({ deps, clock, request, fixed }: EdgesOptions): Edges {
  const told = fixed.map((url) => ({ id: '', url }));
  return {
    request,
    up: async () => (told.length > 0 ? told : edgesDb.up(deps().db, edgeTimes.forgetSeconds)),
    gatheredMs: clock.now() + edgeTimes.gatherMs,
  };
}

/** A gateway is up, or leaves. */
export async function noteEdge({ db }: Pick<Deps, 'db'>, edge: EdgeRow, leaves: boolean): Promise<void> {
  await db.write(async (tx) => {
    await edgesDb.prune(tx, edgeTimes.forgetSeconds);
    if (leaves) return void (await edgesDb.leave(tx, edge.id));
    await edgesDb.replace(tx, edge);
    await edgesDb.seen(tx, edge);
  });
}
