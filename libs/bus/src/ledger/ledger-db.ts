import { statement } from '@steading/db';
import type { HouseEvent } from '#src/event.ts';

/** A place in the ledger's order. `xid` is text: a 64-bit number that only PostgreSQL compares. */
export interface Cursor {
  readonly xid: string;
  readonly position: number;
}

export interface LedgerRow extends Record<string, unknown> {
  readonly xid: string;
  readonly position: number;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly version: number;
  readonly key: string;
  readonly time: Date;
  readonly request_id: string;
  readonly actor: string;
  readonly data: unknown;
}

const columns = 'xid::text as xid, position, id, source, type, version, key, time, request_id, actor, data';

export const appendEvent = statement<
  [
    id: string,
    source: string,
    type: string,
    version: number,
    key: string,
    requestId: string,
    actor: string,
    data: string,
  ]
>(
  'bus.append',
  `insert into bus.ledger (id, source, type, version, key, request_id, actor, data)
   values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
);

/** Delivered at commit; equal notifications of one transaction are merged by PostgreSQL. */
export const notifyTail = statement('bus.notify', "select pg_notify('steading_bus', '')");

/** Everything after a cursor that no running transaction can still precede. */
export const readAfter = statement<[xid: string, position: number, limit: number], LedgerRow>(
  'bus.readAfter',
  `select ${columns} from bus.ledger
   where (xid, position) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
   order by bus.ledger.xid, position limit $3`,
);

export const readAfterOfTypes = statement<
  [xid: string, position: number, types: readonly string[], limit: number],
  LedgerRow
>(
  'bus.readAfterOfTypes',
  `select ${columns} from bus.ledger
   where (xid, position) > ($1::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot()) and type = any($3::text[])
   order by bus.ledger.xid, position limit $4`,
);

/** Whether there are events that a running transaction still holds back. */
export const heldBack = statement<[], { held: boolean }>(
  'bus.heldBack',
  'select exists (select 1 from bus.ledger where xid >= pg_snapshot_xmin(pg_current_snapshot())) as held',
);

/** Where a reader that wants only what comes begins: before the oldest running transaction's first event. */
export const present = statement<[], { xid: string; position: number }>(
  'bus.present',
  `select pg_snapshot_xmin(pg_current_snapshot())::text as xid, 0::bigint as position`,
);

/** Events that every consumer has passed and that are older than the given number of days. */
export const pruneLedger = statement<[days: number]>(
  'bus.prune',
  `delete from bus.ledger where time < now() - make_interval(days => $1)
     and (xid, position) <= (select c.xid, c.position from bus.consumers c order by c.xid, c.position limit 1)`,
);

export function toEvent(row: LedgerRow): HouseEvent {
  return {
    id: row.id,
    source: row.source,
    type: row.type,
    version: row.version,
    key: row.key,
    time: row.time.toISOString(),
    requestId: row.request_id,
    actor: row.actor,
    data: row.data,
  };
}
