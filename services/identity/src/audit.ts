import type { Bus } from '@steading/bus';
import { Audited } from '@steading/contracts/audit-events';
import type { Writer } from '@steading/db';
import type { Caller } from '@steading/kit';
import { platformNode } from '#src/kinds.ts';

export interface AuditNote {
  /** `identity.` is put before it. */
  readonly action: string;
  readonly target: string;
  readonly result?: 'done' | 'refused' | 'failed';
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** Writes a security event into the trail, in the transaction of what it tells; keyed by who did it. */
export function audit(bus: Bus, tx: Writer, caller: Caller, note: AuditNote): Promise<void> {
  const through = caller.session ?? caller.token;
  return bus.emit(tx, Audited, {
    key: caller.principal,
    caller,
    data: {
      action: `identity.${note.action}`,
      node: platformNode,
      target: note.target,
      result: note.result ?? 'done',
      ...(through !== undefined && { through }),
      ...(caller.address !== undefined && { address: caller.address }),
      ...(caller.userAgent !== undefined && { userAgent: caller.userAgent.slice(0, 512) }),
      ...(note.before && { before: { ...note.before } }),
      ...(note.after && { after: { ...note.after } }),
    },
  });
}
