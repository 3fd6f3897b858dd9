import { Audited } from '@steading/contracts/audit-events';
import type { Writer } from '@steading/db';
import type { Caller } from '@steading/kit';
import type { Deps } from '#src/deps.ts';

/** Tells what was done, in the transaction in which it was done. Values of variables never stand in it. */
export async function audit(
  deps: Pick<Deps, 'bus'>,
  tx: Writer,
  caller: Caller,
  told: {
    action: `deploy.${string}`;
    node: string;
    target: string;
    before?: Record<string, unknown>;
    after?: Record<string, unknown>;
  },
): Promise<void> {
  const through = caller.session ?? caller.token;
  await deps.bus.emit(tx, Audited, {
    key: told.node,
    caller,
    data: {
      ...told,
      result: 'done',
      ...(through ? { through } : {}),
      ...(caller.address ? { address: caller.address } : {}),
      ...(caller.userAgent ? { userAgent: caller.userAgent } : {}),
    },
  });
}
