import { statement } from '@steading/db';
import { z } from 'zod';
import { defineEvent, type Transport } from '#src/index.ts';
import type { Effect } from './judge.ts';

/** What the processes of a storm share: the event, the tables, and how one of them may be broken on purpose. */
export const Told = defineEvent('storm.told', 1, z.object({ n: z.number(), poisonous: z.boolean() }));
export const consumers = ['storm.plain', 'storm.sickly'] as const;
export const keys = Array.from({ length: 16 }, (_, key) => `key-${key}`);

export const tables = `
  create table public.keys (key text primary key, n integer not null default 0);
  create table public.poison (key text, n integer, primary key (key, n));
  create table public.cured (at timestamptz);
  create table public.tries (consumer text, key text, n integer);
  create table public.effects (i bigint generated always as identity, consumer text, key text, n integer);`;

export const ownId = statement('storm.ownId', 'select pg_current_xact_id()::text');
export const nextOfKey = statement<[key: string], { n: number }>(
  'storm.nextOfKey',
  'update public.keys set n = n + 1 where key = $1 returning n',
);
export const addPoison = statement<[key: string, n: number]>(
  'storm.addPoison',
  'insert into public.poison (key, n) values ($1, $2)',
);
export const isCured = statement('storm.isCured', 'select 1 from public.cured');
export const addTry = statement<[consumer: string, key: string, n: number]>(
  'storm.addTry',
  'insert into public.tries (consumer, key, n) values ($1, $2, $3)',
);
export const countTries = statement<[consumer: string, key: string, n: number], { tries: number }>(
  'storm.countTries',
  'select count(*)::int as tries from public.tries where consumer = $1 and key = $2 and n = $3',
);
export const addEffect = statement<[consumer: string, key: string, n: number]>(
  'storm.addEffect',
  'insert into public.effects (consumer, key, n) values ($1, $2, $3)',
);
export const allTold = statement<[], { key: string; n: number }>('storm.allTold', 'select key, n from public.keys');
export const isEnough = statement<[events: number], { enough: boolean }>(
  'storm.isEnough',
  'select sum(n) >= $1 as enough from public.keys',
);
export const allPoison = statement<[], { key: string; n: number }>(
  'storm.allPoison',
  'select key, n from public.poison',
);
export const allEffects = statement<[], Effect & Record<string, unknown>>(
  'storm.allEffects',
  'select consumer, key, n from public.effects order by i',
);
/** What no listener has come to yet, or waits to be tried again. */
export const unheard = statement<[], { left: number }>(
  'storm.unheard',
  `select (select count(*) from bus.ledger l, bus.consumers c where (l.xid, l.position) > (c.xid, c.position))::int
        + (select count(*) from bus.parked where not dead)::int as left`,
);

/** A bus that is broken in one way, to prove that a storm sees it. */
export type Defect = 'reads-past-running-transactions' | 'commits-effects-on-their-own' | 'lets-later-ones-pass';

/** What a defect makes of a statement's text. */
export function damaged(text: string, name: string, defect: Defect | undefined): string {
  if (defect === 'reads-past-running-transactions' && name.startsWith('bus.readAfter'))
    return text.replace('and xid < pg_snapshot_xmin(pg_current_snapshot())', '');
  if (defect === 'lets-later-ones-pass' && name === 'bus.parkedKeys') return `${text} and false`;
  return text;
}

export interface WorkerSettings {
  readonly role: 'publisher' | 'consumer' | 'relay';
  readonly url: string;
  readonly transport: Transport;
  readonly seed: number;
  /** How many are told; then publishers rest. */
  readonly events: number;
  /** Longest rest of a publisher's lane between two events. */
  readonly paceMs: number;
  /** Transactions that take their id early, tell late, stay open, or are rolled back. */
  readonly late: boolean;
  readonly defect?: Defect | undefined;
}
