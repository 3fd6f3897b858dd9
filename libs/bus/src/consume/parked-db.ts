import { statement } from '@steading/db';
import type { HouseEvent } from '#src/event.ts';

export interface ParkedRow extends Record<string, unknown> {
  readonly id: number;
  readonly event: HouseEvent;
  readonly attempts: number;
}

export interface DeadRow extends Record<string, unknown> {
  readonly id: number;
  readonly consumer: string;
  readonly event: HouseEvent;
  readonly attempts: number;
  readonly error: string;
  readonly parked_at: Date;
}

/** Which of these keys have an event that waits. */
export const parkedKeys = statement<[consumer: string, keys: readonly string[]], { key: string }>(
  'bus.parkedKeys',
  `select key from unnest($2::text[]) key
   where exists (select 1 from bus.parked p where p.consumer = $1 and p.key = key.key and not p.dead)`,
);

/** Without a delay it waits behind another of its key, until \`promote\` gives it a time. */
export const park = statement<
  [
    consumer: string,
    position: number,
    eventId: string,
    key: string,
    event: string,
    attempts: number,
    delayMs: number | null,
    error: string,
    dead: boolean,
  ]
>(
  'bus.park',
  `insert into bus.parked (consumer, event_position, event_id, key, event, attempts, next_at, error, dead)
   values ($1, $2, $3, $4, $5::jsonb, $6, coalesce(now() + make_interval(secs => $7::double precision / 1000), 'infinity'), $8, $9) on conflict do nothing`,
);

/** The first event whose time has come. Only the first of a key has a time. */
export const nextDue = statement<[consumer: string], ParkedRow>(
  'bus.nextDue',
  `select id, event, attempts from bus.parked where consumer = $1 and not dead and next_at <= now() order by id limit 1`,
);

export const untilNextDue = statement<[consumer: string], { ms: number | null }>(
  'bus.untilNextDue',
  `select (extract(epoch from min(next_at) - now()) * 1000)::double precision as ms from bus.parked
   where consumer = $1 and not dead and next_at < 'infinity'`,
);

/** Lets the next of a key be tried. Ids have the order in which the listener came to the events. */
export const promote = statement<[consumer: string, key: string]>(
  'bus.promote',
  `update bus.parked set next_at = now() where next_at = 'infinity' and id =
     (select id from bus.parked where consumer = $1 and key = $2 and not dead order by id limit 1)`,
);

/** The same for every key whose first has no time, which should not be: another version of the house may leave it so. */
export const promoteAll = statement<[consumer: string]>(
  'bus.promoteAll',
  `update bus.parked p set next_at = now() where consumer = $1 and not dead and next_at = 'infinity'
     and not exists (select 1 from bus.parked e where e.consumer = p.consumer and e.key = p.key and not e.dead and e.id < p.id)`,
);

export const unpark = statement<[id: number]>('bus.unpark', 'delete from bus.parked where id = $1');

export const delay = statement<[id: number, attempts: number, delayMs: number, error: string]>(
  'bus.delay',
  `update bus.parked set attempts = $2, next_at = now() + make_interval(secs => $3::double precision / 1000), error = $4 where id = $1`,
);

export const bury = statement<[id: number, attempts: number, error: string]>(
  'bus.bury',
  'update bus.parked set attempts = $2, dead = true, error = $3 where id = $1',
);

export const listDead = statement<[limit: number], DeadRow>(
  'bus.listDead',
  'select id, consumer, event, attempts, error, parked_at from bus.parked where dead order by id desc limit $1',
);

/** Only where its listener still is: nobody else would take it. */
export const revive = statement<[id: number], { consumer: string }>(
  'bus.revive',
  `update bus.parked p set dead = false, attempts = 0, next_at = now() where id = $1 and dead
     and exists (select 1 from bus.consumers c where c.name = p.consumer) returning consumer`,
);

/** Wakes the listener in whichever process it is; told by the commit. */
export const notifyConsumer = statement<[consumer: string]>(
  'bus.notifyConsumer',
  "select pg_notify('steading_bus', $1)",
);

export const isDead = statement<[id: number]>('bus.isDead', 'select 1 from bus.parked where id = $1 and dead');
export const discardDead = statement<[id: number]>('bus.discardDead', 'delete from bus.parked where id = $1 and dead');
