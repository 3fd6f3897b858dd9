import type { Bus } from '@steading/bus';
import { Audited } from '@steading/contracts/audit-events';
import type { Writer } from '@steading/db';
import type { Caller } from '@steading/kit';

export interface AuditNote {
  readonly spaceId: string;
  /** `spaces.` is put before it. */
  readonly action: string;
  readonly target: string;
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** Writes what was done into the trail, in the transaction of what was done. */
export function audit(bus: Bus, tx: Writer, caller: Caller, note: AuditNote): Promise<void> {
  const through = caller.session ?? caller.token;
  return bus.emit(tx, Audited, {
    key: note.spaceId,
    caller,
    data: {
      action: `spaces.${note.action}`,
      node: note.spaceId,
      target: note.target,
      result: 'done',
      ...(through !== undefined && { through }),
      ...(caller.address !== undefined && { address: caller.address }),
      ...(caller.userAgent !== undefined && { userAgent: caller.userAgent.slice(0, 512) }),
      ...(note.before && { before: { ...note.before } }),
      ...(note.after && { after: { ...note.after } }),
    },
  });
}
