/** A worker moves its deployment on; when the lease is gone, it stops instead. */
import type { DeploymentState } from '@steading/contracts/deploy-events';
import type { Writer } from '@steading/db';
import { deploymentsDb } from '#src/deployments-db.ts';
import { changeState } from '#src/pipeline/transition.ts';
import { Halt, type Work } from '#src/pipeline/work.ts';

type Known = Parameters<typeof deploymentsDb.note>[2];

/**
 * @param options.also done in the same transaction, before the state changes.
 * @throws `Halt` (lost) where another worker has the deployment, or it is over.
 */
export async function advance(
  work: Work,
  to: DeploymentState,
  options: { known?: Known; reason?: string; code?: string; also?: (tx: Writer) => Promise<void> } = {},
): Promise<void> {
  const moved = await work.deps.db.write(async (tx) => {
    if (options.known) await deploymentsDb.note(tx, work.deployment.id, options.known);
    await options.also?.(tx);
    const { reason, code } = options;
    const change = {
      to,
      caller: work.caller,
      owner: work.owner,
      ...(reason ? { reason } : {}),
      ...(code ? { code } : {}),
    };
    const done = await changeState(work.deps, tx, work.deployment, change);
    if (!done) throw new Halt('lost');
    return done;
  });
  if (!moved) throw new Halt('lost');
}
