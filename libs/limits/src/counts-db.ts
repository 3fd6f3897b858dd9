/** SQL of what is counted together. */
import { type Database, statement, type Writer } from '@steading/db';

export interface Count {
  readonly name: string;
  readonly who: string;
  readonly points: number;
  /** Until the window ends. */
  readonly leftMs: number;
}

const add = statement<
  [names: readonly string[], who: readonly string[], points: readonly number[], leftMs: readonly number[]],
  { name: string; who: string; points: number; left_ms: number }
>(
  'limits.add',
  // In one order everywhere: two processes that add to the same rows wait for one another instead of for ever.
  `insert into limits.counts as c (name, who, points, ends_at)
   select a.name, a.who, a.points, now() + make_interval(secs => a.left_ms / 1000.0)
   from unnest($1::text[], $2::text[], $3::int[], $4::float8[]) as a (name, who, points, left_ms)
   order by a.name, a.who
   on conflict (name, who) do update set
     points = case when c.ends_at <= now() then excluded.points else c.points + excluded.points end,
     ends_at = case when c.ends_at <= now() then excluded.ends_at else c.ends_at end
   returning name, who, points, extract(epoch from ends_at - now())::float8 * 1000 as left_ms`,
);
const prune = statement('limits.prune', 'delete from limits.counts where ends_at <= now()');

export const countsDb = {
  /** Adds these points; gives what all processes counted. */
  async add(db: Database, counts: readonly Count[]): Promise<Count[]> {
    const columns = [
      counts.map((each) => each.name),
      counts.map((each) => each.who),
      counts.map((each) => each.points),
      counts.map((each) => each.leftMs),
    ] as const;
    const rows = await db.write((tx) => tx.all(add, ...columns));
    return rows.map(({ name, who, points, left_ms }) => ({ name, who, points, leftMs: left_ms }));
  },
  prune: (tx: Writer) => tx.run(prune),
};
