/** SQL of deployments: rows, the lease of who works on them, and changes of state that compare before they set. */
import type { DeploymentState } from '@steading/contracts/deploy-events';
import { type Reader, statement, type Writer } from '@steading/db';
import type { Stage } from '#src/deployments.ts';

export interface DetectionRecord {
  readonly builder: string;
  readonly title: string;
  readonly reasons: readonly string[];
  readonly commands: { readonly install?: string; readonly build?: string; readonly start?: string };
  readonly node?: number;
}
export interface TraceRecord {
  readonly sent: number;
  readonly lost: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly worstMs: number;
  readonly samples: readonly {
    readonly at: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly generation: string;
  }[];
}
export interface LineRecord {
  readonly position: number;
  readonly at: string;
  readonly stage: string;
  readonly stream: string;
  readonly text: string;
}

export type DeploymentRow = {
  id: string;
  app_id: string;
  number: number;
  state: DeploymentState;
  reason: string | null;
  reason_code: string | null;
  trigger: string;
  by_principal: string;
  branch: string | null;
  commit_id: string | null;
  commit_message: string | null;
  commit_author: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  live_at: Date | null;
  stages: Stage[];
  detection: DetectionRecord | null;
  snapshot: Buffer | null;
  release_id: string | null;
  generation: string;
  rollback_of: string | null;
  archive_id: string | null;
  trace: TraceRecord | null;
  last_lines: LineRecord[] | null;
  cancel_requested: boolean;
  attempts: number;
  lease_owner: string | null;
  /** Of its log, that there was no room for. */
  unstored_lines: number;
  /** How long a service that its state needs has not answered; null: nothing is waited for. */
  waited_seconds: number | null;
};

const columns = `id, app_id, number, state, reason, reason_code, trigger, by_principal, branch, commit_id, commit_message,
  commit_author, created_at, started_at, finished_at, live_at, stages, detection, snapshot, release_id, generation, rollback_of,
  archive_id, trace, last_lines, cancel_requested, attempts, lease_owner, unstored_lines,
  extract(epoch from now() - waits_since)::float8 as waited_seconds`;
const active = `('cloning', 'building', 'pushing', 'deploying', 'verifying')`;

const byIds = statement<[ids: readonly string[]], DeploymentRow>(
  'deploy.deployments.byIds',
  `select ${columns} from deploy.deployments where id = any($1::text[])`,
);
const page = statement<[app: string, before: number, limit: number], DeploymentRow>(
  'deploy.deployments.page',
  `select ${columns} from deploy.deployments where app_id = $1 and number < $2 order by number desc limit $3`,
);
const newestOfApps = statement<[apps: readonly string[]], DeploymentRow>(
  'deploy.deployments.newestOfApps',
  `select distinct on (app_id) ${columns} from deploy.deployments where app_id = any($1::text[]) order by app_id, number desc`,
);
const insert = statement<
  [
    id: string,
    app: string,
    number: number,
    trigger: string,
    by: string,
    branch: string | null,
    commit: string | null,
    message: string | null,
    author: string | null,
    stages: string,
    release: string | null,
    rollbackOf: string | null,
    snapshot: Buffer | null,
    detection: string | null,
    archive: string | null,
  ]
>(
  'deploy.deployments.insert',
  `insert into deploy.deployments (id, app_id, number, state, trigger, by_principal, branch, commit_id, commit_message,
     commit_author, stages, release_id, rollback_of, snapshot, detection, archive_id, generation)
   values ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14::jsonb, $15, $1)`,
);
const queuedOfApp = statement<[app: string], DeploymentRow>(
  'deploy.deployments.queuedOfApp',
  `select ${columns} from deploy.deployments where app_id = $1 and state = 'queued' order by number`,
);
const createdSince = statement<[app: string, seconds: number], { count: number }>(
  'deploy.deployments.createdSince',
  `select count(*)::int as count from deploy.deployments where app_id = $1 and created_at > now() - make_interval(secs => $2)`,
);
const move = statement<
  [
    id: string,
    from: string,
    to: string,
    stages: string,
    reason: string | null,
    code: string | null,
    over: boolean,
    owner: string | null,
  ]
>(
  'deploy.deployments.move',
  `update deploy.deployments set state = $3, stages = $4::jsonb, reason = $5, reason_code = $6,
     finished_at = case when $7 then coalesce(finished_at, now()) end,
     live_at = case when $3 = 'live' then now() else live_at end,
     lease_owner = case when $7 then null else lease_owner end, waits_since = null
   where id = $1 and state = $2 and ($8::text is null or lease_owner = $8) and ($3 <> 'verifying' or not cancel_requested)`,
);
const note = statement<
  [
    id: string,
    commit: string | null,
    message: string | null,
    author: string | null,
    detection: string | null,
    snapshot: Buffer | null,
    release: string | null,
    trace: string | null,
    lastLines: string | null,
  ]
>(
  'deploy.deployments.note',
  `update deploy.deployments set commit_id = coalesce($2, commit_id), commit_message = coalesce($3, commit_message),
     commit_author = coalesce($4, commit_author), detection = coalesce($5::jsonb, detection), snapshot = coalesce($6, snapshot),
     release_id = coalesce($7, release_id), trace = coalesce($8::jsonb, trace), last_lines = coalesce($9::jsonb, last_lines)
   where id = $1`,
);
const askCancel = statement<[id: string], { state: DeploymentState }>(
  'deploy.deployments.askCancel',
  `update deploy.deployments set cancel_requested = true
   where id = $1 and state in ('queued', 'cloning', 'building', 'pushing', 'deploying') returning state`,
);
const setGeneration = statement<[id: string, generation: string]>(
  'deploy.deployments.setGeneration',
  'update deploy.deployments set generation = $2 where id = $1',
);

/** One process at a time decides who starts. The number is this service's own. */
const lockStarts = statement<[]>('deploy.deployments.lockStarts', 'select pg_advisory_xact_lock(7226001)');
const waiting = statement<[], { id: string; app_id: string; has_release: boolean }>(
  'deploy.deployments.waiting',
  `select id, app_id, release_id is not null as has_release
   from deploy.deployments d
   where state = 'queued' and not exists (
     select from deploy.chores c where c.app_id = d.app_id and c.kind in ('run', 'abort', 'remove-app'))
   order by created_at, id limit 500`,
);
const activeNow = statement<[], { app_id: string; builds: boolean }>(
  'deploy.deployments.activeNow',
  `select app_id, rollback_of is null as builds from deploy.deployments where state in ${active}`,
);
const startedLately = statement<[], { count: number }>(
  'deploy.deployments.startedLately',
  `select count(*)::int as count from deploy.deployments where started_at > now() - interval '1 minute' and rollback_of is null`,
);
const take = statement<[id: string, owner: string, leaseSeconds: number]>(
  'deploy.deployments.take',
  `update deploy.deployments set lease_owner = $2, lease_until = now() + make_interval(secs => $3), started_at = now()
   where id = $1 and state = 'queued'`,
);
/** Whoever waits has not been interrupted: that is limited by time, and not by how often it looked. */
const takeOver = statement<[owner: string, leaseSeconds: number], DeploymentRow>(
  'deploy.deployments.takeOver',
  `update deploy.deployments set lease_owner = $1, lease_until = now() + make_interval(secs => $2),
     attempts = attempts + case when waits_since is null or lease_owner <> 'nobody' then 1 else 0 end
   where id in (select id from deploy.deployments where state in ${active} and (lease_owner is null or lease_until < now())
                order by created_at for update skip locked limit 20)
   returning ${columns}`,
);
const leaseHolders = statement<[], { holder: string }>(
  'deploy.deployments.leaseHolders',
  `select distinct lease_owner as holder from deploy.deployments where state in ${active} and lease_owner is not null`,
);
const endLeases = statement<[holders: readonly string[]]>(
  'deploy.deployments.endLeases',
  `update deploy.deployments set lease_until = now() - interval '1 second' where state in ${active} and lease_owner = any($1::text[])`,
);
const renew = statement<
  [ids: readonly string[], owner: string, leaseSeconds: number],
  { id: string; cancel_requested: boolean }
>(
  'deploy.deployments.renew',
  `update deploy.deployments set lease_until = now() + make_interval(secs => $3)
   where id = any($1::text[]) and lease_owner = $2 returning id, cancel_requested`,
);
const letGo = statement<[id: string, owner: string, seconds: number, waits: boolean]>(
  'deploy.deployments.letGo',
  `update deploy.deployments set lease_owner = 'nobody', lease_until = now() + make_interval(secs => $3),
     waits_since = case when $4 then coalesce(waits_since, now()) end
   where id = $1 and lease_owner = $2`,
);
const releasesBeyond = statement<[app: string, keep: number], { release_id: string }>(
  'deploy.deployments.releasesBeyond',
  `with kept as (
     select release_id from deploy.deployments where app_id = $1 and live_at is not null and release_id is not null
       and release_id not in (select o.release_id from deploy.deployments o
                              where o.app_id = $1 and o.state = 'verifying' and o.release_id is not null)
     group by release_id order by max(live_at) desc limit $2
   )
   select distinct release_id from deploy.deployments d where app_id = $1 and release_id is not null
     and state not in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live')
     and not exists (select from kept where kept.release_id = d.release_id)
     and not exists (select from deploy.deployments o where o.app_id = $1 and o.release_id = d.release_id
                     and o.state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live'))`,
);
const forgetRelease = statement<[app: string, release: string]>(
  'deploy.deployments.forgetRelease',
  'update deploy.deployments set release_id = null, snapshot = null where app_id = $1 and release_id = $2',
);
const pending = statement<[], { waiting: boolean; orphaned: boolean; chores: boolean; subgraphs: boolean }>(
  'deploy.deployments.pending',
  `select exists (select from deploy.deployments where state = 'queued') as waiting,
     exists (select from deploy.deployments where state in ${active} and (lease_owner is null or lease_until < now())) as orphaned,
     exists (select from deploy.chores where due_at <= now()) as chores,
     exists (select from deploy.app_subgraphs where read_due_at <= now()) as subgraphs`,
);
const openOfApp = statement<[app: string], DeploymentRow>(
  'deploy.deployments.openOfApp',
  `select ${columns} from deploy.deployments where app_id = $1 and state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying')`,
);
const unfinishedIds = statement<[], { id: string }>(
  'deploy.deployments.unfinished',
  `select id from deploy.deployments where state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying')`,
);

export interface NewDeployment {
  readonly id: string;
  readonly appId: string;
  readonly number: number;
  readonly trigger: string;
  readonly by: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly message?: string | null;
  readonly author?: string | null;
  readonly stages: readonly Stage[];
  readonly releaseId?: string | null;
  readonly rollbackOf?: string | null;
  readonly snapshot?: Buffer | null;
  readonly detection?: DetectionRecord | null;
  readonly archiveId?: string | null;
}

export const deploymentsDb = {
  byId: (db: Reader, id: string) => db.first(byIds, [id]),
  byIds: (db: Reader, ids: readonly string[]) => db.all(byIds, ids),
  page: (db: Reader, app: string, options: { before?: number; limit: number }) =>
    db.all(page, app, options.before ?? 2_147_483_647, options.limit),
  newestOfApps: (db: Reader, apps: readonly string[]) => db.all(newestOfApps, apps),
  insert: (tx: Writer, row: NewDeployment) =>
    tx.run(
      insert,
      row.id,
      row.appId,
      row.number,
      row.trigger,
      row.by,
      row.branch,
      row.commit,
      row.message ?? null,
      row.author ?? null,
      JSON.stringify(row.stages),
      row.releaseId ?? null,
      row.rollbackOf ?? null,
      row.snapshot ?? null,
      row.detection ? JSON.stringify(row.detection) : null,
      row.archiveId ?? null,
    ),
  queuedOfApp: (tx: Writer, app: string) => tx.all(queuedOfApp, app),
  createdSince: async (db: Reader, app: string, seconds: number) => (await db.first(createdSince, app, seconds))!.count,
  /**
   * 1 where the deployment was in `from` (and leased by `owner`, if given); else 0 and nothing has changed. What is to be
   * cancelled does not become `verifying`.
   */
  move: (
    tx: Writer,
    change: {
      id: string;
      from: DeploymentState;
      to: DeploymentState;
      stages: readonly Stage[];
      reason: string | null;
      code: string | null;
      over: boolean;
      owner: string | null;
    },
  ) =>
    tx.run(
      move,
      change.id,
      change.from,
      change.to,
      JSON.stringify(change.stages),
      change.reason,
      change.code,
      change.over,
      change.owner,
    ),
  /** Adds what became known; what is left out stays. */
  note: (
    tx: Writer,
    id: string,
    known: {
      commit?: string;
      message?: string;
      author?: string;
      detection?: DetectionRecord;
      snapshot?: Buffer;
      releaseId?: string;
      trace?: TraceRecord;
      lastLines?: readonly LineRecord[];
    },
  ) =>
    tx.run(
      note,
      id,
      known.commit ?? null,
      known.message ?? null,
      known.author ?? null,
      known.detection ? JSON.stringify(known.detection) : null,
      known.snapshot ?? null,
      known.releaseId ?? null,
      known.trace ? JSON.stringify(known.trace) : null,
      known.lastLines ? JSON.stringify(known.lastLines) : null,
    ),
  /** The state that it is in, and from which it does not go on to `verifying` any more; undefined: it is past that. */
  askCancel: async (tx: Writer, id: string) => (await tx.all(askCancel, id))[0]?.state,
  setGeneration: (tx: Writer, id: string, generation: string) => tx.run(setGeneration, id, generation),
  lockStarts: (tx: Writer) => tx.all(lockStarts),
  waiting: (tx: Writer) => tx.all(waiting),
  activeNow: (tx: Writer) => tx.all(activeNow),
  startedLately: async (tx: Writer) => (await tx.first(startedLately))!.count,
  take: (tx: Writer, id: string, owner: string, leaseSeconds: number) => tx.run(take, id, owner, leaseSeconds),
  /** Unfinished deployments whose worker is gone. */
  takeOver: (tx: Writer, owner: string, leaseSeconds: number) => tx.all(takeOver, owner, leaseSeconds),
  leaseHolders: async (db: Reader) => (await db.all(leaseHolders)).map((row) => row.holder),
  endLeases: (tx: Writer, holders: readonly string[]) => tx.run(endLeases, holders),
  renew: (tx: Writer, ids: readonly string[], owner: string, leaseSeconds: number) =>
    tx.all(renew, ids, owner, leaseSeconds),
  /** Whoever looks after `seconds` may have it. `waits`: for a service that does not answer. */
  letGo: (tx: Writer, id: string, options: { owner: string; seconds: number; waits: boolean }) =>
    tx.run(letGo, id, options.owner, options.seconds, options.waits),
  releasesBeyond: async (tx: Writer, app: string, keep: number) =>
    (await tx.all(releasesBeyond, app, keep)).map((row) => row.release_id),
  forgetRelease: (tx: Writer, app: string, release: string) => tx.run(forgetRelease, app, release),
  /** What there is to do for anybody: one cheap question for an idle house. */
  pending: async (db: Reader) => (await db.first(pending))!,
  openOfApp: (db: Reader, app: string) => db.all(openOfApp, app),
  unfinishedIds: async (db: Reader) => (await db.all(unfinishedIds)).map((row) => row.id),
};
