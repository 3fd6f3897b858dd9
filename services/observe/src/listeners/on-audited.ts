import { type Listener, listen } from '@steading/bus';
import { Audited } from '@steading/contracts/audit-events';
import { appendEntry } from '#src/audit-db.ts';

/** Keeps what any service says must be found again later. */
export function onAudited(key: Buffer): Listener {
  return listen('observe.on-audited', Audited, ({ id, time, actor, requestId, data }, tx) =>
    appendEntry(tx, key, {
      eventId: id,
      at: time,
      actor,
      requestId,
      action: data.action,
      node: data.node,
      target: data.target,
      result: data.result,
      through: data.through ?? null,
      address: data.address ?? null,
      userAgent: data.userAgent ?? null,
      before: data.before ?? null,
      after: data.after ?? null,
    }),
  );
}
