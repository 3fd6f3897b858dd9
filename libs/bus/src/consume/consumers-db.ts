import { statement } from '@steading/db';

export const addConsumer = statement<[name: string]>(
  'bus.addConsumer',
  `insert into bus.consumers (name, xid, position) values ($1, pg_snapshot_xmin(pg_current_snapshot()), 0) on conflict do nothing`,
);

/** The consumer's place, locked: one process of the house works on it at a time, the others go on with theirs. */
export const lockConsumer = statement<[name: string], { xid: string; position: number }>(
  'bus.lockConsumer',
  'select xid::text as xid, position from bus.consumers where name = $1 for update skip locked',
);

export const moveConsumer = statement<[name: string, xid: string, position: number]>(
  'bus.moveConsumer',
  'update bus.consumers set xid = $2::xid8, position = $3, moved_at = now() where name = $1',
);

export const savepoint = statement('bus.savepoint', 'savepoint event');
export const releaseSavepoint = statement('bus.release', 'release savepoint event');
export const rollbackToSavepoint = statement('bus.rollbackTo', 'rollback to savepoint event');

export const countBehind = statement<[name: string, types: readonly string[]], { behind: number }>(
  'bus.countBehind',
  `select count(*) as behind from bus.ledger l join bus.consumers c on c.name = $1
   where (l.xid, l.position) > (c.xid, c.position) and l.type = any($2::text[])`,
);

/** Brings a consumer that has nothing to hear up to the present, so that it does not keep the ledger from being pruned. */
export const skipIdle = statement<[name: string, types: readonly string[]]>(
  'bus.skipIdle',
  `update bus.consumers c set xid = pg_snapshot_xmin(pg_current_snapshot()), position = 0, moved_at = now()
   where name = $1 and not exists (
     select 1 from bus.ledger l where (l.xid, l.position) > (c.xid, c.position) and l.type = any($2::text[])
       and l.xid < pg_snapshot_xmin(pg_current_snapshot()))`,
);

/** Listeners that no version of the house has had for this many days. */
export const dropForgotten = statement<[days: number]>(
  'bus.dropForgotten',
  'delete from bus.consumers where moved_at < now() - make_interval(days => $1)',
);
