import { statement } from '@steading/db';

/** A new listener begins at the present; one that is there already is had again. */
export const addConsumer = statement<[name: string, types: readonly string[]]>(
  'bus.addConsumer',
  `insert into bus.consumers (name, xid, position, types) values ($1, pg_snapshot_xmin(pg_current_snapshot()), 0, $2::text[])
   on conflict (name) do update set types = excluded.types, had_at = now()`,
);

/**
 * One process of the house works on a listener at a time, until its transaction ends. An advisory lock, for a row lock
 * takes a transaction id: a listener that took its time would then hold back every reader of the ledger. What is read
 * under it must be another statement, whose snapshot is younger.
 */
export const lockConsumer = statement<[name: string], { locked: boolean }>(
  'bus.lockConsumer',
  "select pg_try_advisory_xact_lock(hashtextextended('bus.consumer ' || $1, 0)) as locked",
);

export const readPlace = statement<[name: string], { xid: string; position: number }>(
  'bus.readPlace',
  'select xid::text as xid, position from bus.consumers where name = $1',
);

/** Changes nothing when the place is no longer the one that was read. */
export const moveConsumer = statement<
  [name: string, xid: string, position: number, fromXid: string, fromPosition: number]
>(
  'bus.moveConsumer',
  `update bus.consumers set xid = $2::xid8, position = $3, moved_at = now()
   where name = $1 and xid = $4::xid8 and position = $5`,
);

export const savepoint = statement('bus.savepoint', 'savepoint event');
export const releaseSavepoint = statement('bus.release', 'release savepoint event');
export const rollbackToSavepoint = statement('bus.rollbackTo', 'rollback to savepoint event');

/**
 * Brings a consumer that has nothing to hear up to the present, so that it does not keep the ledger from being pruned.
 * Under its lock: beside somebody who moves the place, this statement would judge the new place by an older snapshot, and
 * might set it back.
 */
export const skipIdle = statement<[name: string, types: readonly string[]]>(
  'bus.skipIdle',
  `update bus.consumers c set xid = pg_snapshot_xmin(pg_current_snapshot()), position = 0, moved_at = now()
   where name = $1 and (c.xid, c.position) < (pg_snapshot_xmin(pg_current_snapshot()), 0) and not exists (
     select 1 from bus.ledger l where (l.xid, l.position) > (c.xid, c.position) and l.type = any($2::text[])
       and l.xid < pg_snapshot_xmin(pg_current_snapshot()))`,
);

/** Says that a process has these listeners. */
export const keepConsumers = statement<[names: readonly string[]]>(
  'bus.keepConsumers',
  'update bus.consumers set had_at = now() where name = any($1::text[])',
);

/** Listeners that no process has had for this many days; what waited for them becomes dead letters. */
export const dropForgotten = statement<[days: number]>(
  'bus.dropForgotten',
  `with gone as (delete from bus.consumers where had_at < now() - make_interval(days => $1) returning name)
   update bus.parked set dead = true, error = 'its listener is gone' where consumer in (select name from gone) and not dead`,
);
