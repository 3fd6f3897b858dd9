import type { Client } from 'pg';

export type RunKind = 'backup' | 'proof' | 'restore';

export interface Run {
  readonly id: string;
  readonly kind: RunKind;
  readonly state: 'running' | 'done' | 'failed';
  /** Of the back-up's file. */
  readonly name: string;
  /** Where it lies. */
  readonly place: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** The moment that the back-up shows. */
  readonly takenAt: Date | null;
  readonly bytes: number | null;
  readonly rows: number | null;
  readonly files: number | null;
  readonly reason: string | null;
}

export interface RunResult {
  readonly takenAt?: string;
  readonly bytes?: number;
  readonly rows?: number;
  readonly files?: number;
}

type Queryable = Pick<Client, 'query'>;

const columns = `id, kind, state, name, place, started_at as "startedAt", finished_at as "finishedAt",
  taken_at as "takenAt", bytes, table_rows as rows, files, reason`;
const keptRuns = 200;
/** Two back-ups of one house at a time would read everything twice and clear away each other's halves. */
const lockKey = 7_283_465_121;

/** Whether the database is of a version that keeps runs. */
export async function hasRuns(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>("select to_regclass('backup.runs') is not null as there");
  return rows[0]?.there === true;
}

/** Takes the house's lock for back-ups, until the connection ends. False: another one is under way. */
export async function lockRuns(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lockKey]);
  return rows[0]?.got === true;
}

/** Under the lock whatever still "runs" was cut short. */
export async function endCutShort(client: Queryable): Promise<void> {
  await client.query(
    `update backup.runs set state = 'failed', finished_at = now(), reason = 'It was cut short.' where state = 'running'`,
  );
}

/** In a restored house nothing of then runs any more: the back-up that it was made of was done, the rest was not. */
export async function endRunsOfThen(client: Queryable, told: { name: string; takenAt: string }): Promise<void> {
  await client.query(
    "update backup.runs set state = 'done', finished_at = $2, taken_at = $2 where state = 'running' and name = $1 and kind = 'backup'",
    [told.name, told.takenAt],
  );
  await endCutShort(client);
}

export async function beginRun(
  client: Queryable,
  run: { id: string; kind: RunKind; name: string; place: string },
): Promise<void> {
  await client.query(
    `insert into backup.runs (id, kind, state, name, place, started_at) values ($1, $2, 'running', $3, $4, now())`,
    [run.id, run.kind, run.name, run.place],
  );
}

export async function endRun(
  client: Queryable,
  run: { id: string; reason?: string; result?: RunResult },
): Promise<void> {
  const { takenAt = null, bytes = null, rows = null, files = null } = run.result ?? {};
  await client.query(
    `update backup.runs set state = $2, finished_at = now(), reason = $3, taken_at = $4, bytes = $5, table_rows = $6, files = $7
     where id = $1`,
    [run.id, run.reason === undefined ? 'done' : 'failed', run.reason ?? null, takenAt, bytes, rows, files],
  );
  await client.query(
    'delete from backup.runs where id in (select id from backup.runs order by started_at desc offset $1)',
    [keptRuns],
  );
}

/** The newest first. */
export async function listRuns(client: Queryable, limit: number): Promise<Run[]> {
  const { rows } = await client.query<Run>(
    `select ${columns} from backup.runs order by started_at desc, id desc limit $1`,
    [limit],
  );
  return rows;
}

/** The newest back-up and the newest proof that went well; a restore is a proof as well. */
export async function lastGood(client: Queryable): Promise<{ backup?: Run; proof?: Run }> {
  const { rows } = await client.query<Run>(
    `select distinct on (kind = 'backup') ${columns} from backup.runs where state = 'done'
     order by kind = 'backup', started_at desc`,
  );
  const backup = rows.find(({ kind }) => kind === 'backup');
  const proof = rows.find(({ kind }) => kind !== 'backup');
  return { ...(backup && { backup }), ...(proof && { proof }) };
}
