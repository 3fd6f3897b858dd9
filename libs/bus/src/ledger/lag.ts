import { type Database, statement } from '@steading/db';

/** How a listener of the house stands, whichever process has it. */
export interface ListenerLag {
  readonly consumer: string;
  /** Events that it has not come to yet; at most 10 000 are counted. */
  readonly behind: number;
  /** Age of the oldest of those, in seconds; 0 where there is none. */
  readonly oldestSeconds: number;
  /** Events that failed and will be tried again, with those of their keys behind them. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Since some process last said that it has it, in seconds: much, where none does any more. */
  readonly lastHadSeconds: number;
}

const readLag = statement<[], ListenerLag & Record<string, unknown>>(
  'bus.readLag',
  `select c.name as consumer, l.behind, coalesce(extract(epoch from now() - l.oldest), 0)::double precision as "oldestSeconds",
     p.waiting, p.dead as "deadLetters", extract(epoch from now() - c.had_at)::double precision as "lastHadSeconds"
   from bus.consumers c
   cross join lateral (
     select count(*)::int as behind, min(e.time) as oldest from (
       select time from bus.ledger where (xid, position) > (c.xid, c.position) and type = any(c.types)
       order by xid, position limit 10000) e) l
   cross join lateral (
     select count(*) filter (where not dead)::int as waiting, count(*) filter (where dead)::int as dead
     from bus.parked where consumer = c.name) p
   order by c.name`,
);

/** Every listener of the house, by name. */
export function readLags(db: Database): Promise<readonly ListenerLag[]> {
  return db.all(readLag);
}
