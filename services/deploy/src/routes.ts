/** The table that edges route by, and word of its changes. */
import { RoutesChanged } from '@steading/contracts/deploy-events';
import type { Writer } from '@steading/db';
import type { Caller } from '@steading/kit';
import { appsDb } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';

/** Gives the table its next revision; to be called in the transaction that changes a route. */
export async function tellRoutes(deps: Pick<Deps, 'bus'>, tx: Writer, caller: Caller): Promise<void> {
  const revision = await appsDb.bumpRoutes(tx);
  await deps.bus.emit(tx, RoutesChanged, { key: 'routes', caller, data: { revision } });
}

/** Why a route cannot be served now; empty: it can. */
export function unavailable(route: { serving: boolean; stopped: boolean }): string {
  if (route.stopped) return 'stopped';
  return route.serving ? '' : 'not-deployed';
}
