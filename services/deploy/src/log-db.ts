/** SQL of deployment logs. */
import { type Reader, statement, type Writer } from '@steading/db';

/** Lines that follow each other, said in one millisecond by one stream. */
export interface LogRun {
  /** Of the first. */
  readonly position: number;
  readonly atMs: number;
  readonly stage: string;
  readonly stream: string;
  /** At least one. */
  readonly lines: readonly string[];
}

export type LogRow = { position: number; at: Date; stage: string; stream: string; text: string };

/** The lines of each run come in one text, each after a line feed: of an empty text PostgreSQL would make no line. */
const append = statement<
  [
    deployment: string,
    positions: readonly number[],
    times: readonly string[],
    stages: readonly string[],
    streams: readonly string[],
    texts: readonly string[],
  ]
>(
  'deploy.log.append',
  `insert into deploy.log_lines (deployment_id, position, at, stage, stream, text)
   select $1, run.position + line.number - 2, run.at, run.stage, run.stream, line.text
   from unnest($2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) as run (position, at, stage, stream, texts),
     string_to_table(run.texts, E'\\n') with ordinality as line (text, number)
   where line.number > 1 and exists (select from deploy.deployments where id = $1)
   on conflict do nothing`,
);
const after = statement<[deployment: string, after: number, limit: number], LogRow>(
  'deploy.log.after',
  `select position, at, stage, stream, text from deploy.log_lines where deployment_id = $1 and position > $2
   order by position limit $3`,
);
const last = statement<[deployment: string], { position: number; bytes: number }>(
  'deploy.log.last',
  `select coalesce(max(position), 0)::int as position, coalesce(sum(octet_length(text)), 0)::int as bytes
   from deploy.log_lines where deployment_id = $1`,
);
const prune = statement<[keep: number]>(
  'deploy.log.prune',
  `delete from deploy.log_lines where deployment_id in (
     select id from (select id, row_number() over (partition by app_id order by number desc) as place from deploy.deployments) d
     where place > $1)`,
);
const setUnstored = statement<[deployment: string, lines: number]>(
  'deploy.log.setUnstored',
  'update deploy.deployments set unstored_lines = $2 where id = $1',
);
const pruneTraces = statement<[days: number]>(
  'deploy.traces.prune',
  `update deploy.deployments set trace = jsonb_set(trace, '{samples}', '[]')
   where trace is not null and finished_at < now() - make_interval(days => $1) and jsonb_array_length(trace->'samples') > 0`,
);

export const logDb = {
  append: (tx: Writer, deployment: string, runs: readonly LogRun[]) =>
    tx.run(
      append,
      deployment,
      runs.map((run) => run.position),
      runs.map((run) => new Date(run.atMs).toISOString()),
      runs.map((run) => run.stage),
      runs.map((run) => run.stream),
      runs.map((run) => `\n${run.lines.join('\n')}`),
    ),
  after: (db: Reader, deployment: string, position: number, limit: number) =>
    db.all(after, deployment, position, limit),
  last: async (db: Reader, deployment: string) => (await db.first(last, deployment))!,
  /** How many lines there was no room for; 0: all are there. */
  setUnstored: (tx: Writer, deployment: string, lines: number) => tx.run(setUnstored, deployment, lines),
  prune: (tx: Writer, keep: number) => tx.run(prune, keep),
  pruneTraces: (tx: Writer, days: number) => tx.run(pruneTraces, days),
};
