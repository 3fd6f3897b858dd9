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

/**
 * An event's transaction may be older than that of an earlier event of its key, when it took its id before it waited for
 * its turn. It stands in the ledger by the newer of the two ids, so that of one key the order is that of the telling.
 * Readers miss nothing by that: they stop at the oldest running transaction, and by the time they are past the newer id
 * both transactions are over.
 */
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
  `insert into bus.ledger (xid, id, source, type, version, key, request_id, actor, data)
   values (coalesce((select l.xid from bus.ledger l where l.xid > pg_current_xact_id() and l.key = $5
       order by l.xid desc limit 1), pg_current_xact_id()),
     $1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
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

/**
 * What a reader must know before it reads on from `cursor`: whether a running transaction still holds events back, which
 * history its places belong to, whether there are events that it can no longer read, and whether its place lies ahead of
 * every transaction of this server, which is then not the one that it read from.
 */
export const readState = statement<
  [xid: string, position: number],
  { held: boolean; history: string; pruned: boolean; ahead: boolean }
>(
  'bus.readState',
  `select exists (select 1 from bus.ledger where xid >= pg_snapshot_xmin(pg_current_snapshot())) as held,
     h.id::text as history, (h.pruned_xid, h.pruned_position) > ($1::xid8, $2::bigint) as pruned,
     $1::xid8 > pg_snapshot_xmax(pg_current_snapshot()) as ahead
   from bus.history h`,
);

/** Where a reader that wants only what comes begins: before the oldest running transaction's first event. */
export const present = statement<[], { xid: string; position: number; history: string }>(
  'bus.present',
  `select pg_snapshot_xmin(pg_current_snapshot())::text as xid, 0::bigint as position, id::text as history from bus.history`,
);

/** Removes events that every consumer has passed and that are older than the given number of days; marks how far. */
export const pruneLedger = statement<[days: number], { removed: number }>(
  'bus.prune',
  `with gone as (
     delete from bus.ledger where time < now() - make_interval(days => $1)
       and (xid, position) <= (select c.xid, c.position from bus.consumers c order by c.xid, c.position limit 1)
     returning xid, position),
   mark as (
     update bus.history set (pruned_xid, pruned_position) =
       (select g.xid, g.position from gone g order by g.xid desc, g.position desc limit 1)
     where (pruned_xid, pruned_position) < (select g.xid, g.position from gone g order by g.xid desc, g.position desc limit 1))
   select count(*)::int as removed from gone`,
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
