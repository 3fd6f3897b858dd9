/** SQL of what apps offer to the GraphQL endpoint. */
import { type Reader, statement, type Writer } from '@steading/db';
import { edgeTimes } from '#src/edges-db.ts';

export type SubgraphRow = {
  app_id: string;
  name: string;
  path: string;
  consent: 'offered' | 'allowed' | 'denied';
  consent_reason: string | null;
  sdl: string | null;
  sdl_revision: number | null;
  adds: string[];
  served_sdl: string | null;
  served_revision: number | null;
  read_problem: string | null;
  fit_problem: string | null;
  read_request: number;
  read_attempts: number;
  read_at: Date | null;
  offered_at: Date;
  /** Every gateway that is up has the newest SDL. */
  everywhere: boolean;
};

const columns = `app_id, name, path, consent, consent_reason, sdl, sdl_revision::float8 as sdl_revision, adds, served_sdl,
  served_revision::float8 as served_revision, read_problem, fit_problem, read_request::float8 as read_request,
  read_attempts, read_at, offered_at, not exists (
    select from deploy.edges e
    where e.seen_at >= now() - make_interval(secs => ${edgeTimes.forgetSeconds}) and not exists (
      select from deploy.app_subgraph_edges s
      where s.app_id = app_subgraphs.app_id and s.edge_id = e.id and s.revision = app_subgraphs.sdl_revision)
  ) as everywhere`;
const number = `nextval('deploy.app_subgraph_numbers')`;

const byApps = statement<[apps: readonly string[]], SubgraphRow>(
  'deploy.subgraphs.byApps',
  `select ${columns} from deploy.app_subgraphs where app_id = any($1::text[])`,
);
const all = statement<[], SubgraphRow>(
  'deploy.subgraphs.all',
  `select ${columns} from deploy.app_subgraphs order by name limit 1000`,
);
const allowed = statement<[], SubgraphRow>(
  'deploy.subgraphs.allowed',
  `select ${columns} from deploy.app_subgraphs where consent = 'allowed' and sdl is not null order by app_id`,
);
const countAllowed = statement<[app: string], { count: number }>(
  'deploy.subgraphs.countAllowed',
  `select count(*)::int as count from deploy.app_subgraphs where consent = 'allowed' and app_id <> $1`,
);
const lock = statement<[app: string], SubgraphRow>(
  'deploy.subgraphs.lock',
  `select ${columns} from deploy.app_subgraphs where app_id = $1 for update`,
);
const ownerOfName = statement<[name: string], { app_id: string }>(
  'deploy.subgraphs.ownerOfName',
  'select app_id from deploy.app_subgraphs where lower(name) = lower($1)',
);
/** Another name is another offer: what was decided on the one before says nothing about it. */
const offer = statement<[app: string, name: string, path: string]>(
  'deploy.subgraphs.offer',
  `insert into deploy.app_subgraphs as s (app_id, name, path) values ($1, $2, $3)
   on conflict (app_id) do update set name = $2, path = $3, offered_at = now(), consent_reason = null,
     consent = case when s.consent = 'allowed' and s.name = $2 then 'allowed' else 'offered' end,
     sdl = case when s.name = $2 then s.sdl end, adds = case when s.name = $2 then s.adds else '{}' end, sdl_revision = case when s.name = $2 then s.sdl_revision end,
     served_sdl = case when s.name = $2 then s.served_sdl end,
     served_revision = case when s.name = $2 then s.served_revision end, fit_problem = null, read_problem = null,
     read_due_at = null`,
);
const remove = statement<[app: string]>(
  'deploy.subgraphs.remove',
  'delete from deploy.app_subgraphs where app_id = $1',
);
const decide = statement<[app: string, consent: string, reason: string | null]>(
  'deploy.subgraphs.decide',
  `update deploy.app_subgraphs set consent = $2, consent_reason = $3, read_due_at = null where app_id = $1`,
);
const askNow = statement<[app: string]>(
  'deploy.subgraphs.askNow',
  `update deploy.app_subgraphs set read_due_at = now(), read_attempts = 0, read_request = ${number}
   where app_id = $1 and consent = 'allowed'`,
);
const takeDue = statement<[seconds: number], SubgraphRow>(
  'deploy.subgraphs.takeDue',
  `update deploy.app_subgraphs set read_due_at = now() + make_interval(secs => $1), read_attempts = read_attempts + 1
   where app_id in (select app_id from deploy.app_subgraphs where read_due_at <= now() and consent = 'allowed'
     order by read_due_at for update skip locked limit 10)
   returning ${columns}`,
);
const readAgain = statement<[app: string, request: number, seconds: number | null, problem: string]>(
  'deploy.subgraphs.readAgain',
  `update deploy.app_subgraphs set read_due_at = now() + make_interval(secs => $3), read_problem = $4
   where app_id = $1 and read_request = $2`,
);
const refuse = statement<[app: string, request: number, problem: string]>(
  'deploy.subgraphs.refuse',
  `update deploy.app_subgraphs set read_due_at = null, read_at = now(), read_problem = $3
   where app_id = $1 and read_request = $2`,
);
const keep = statement<[app: string, request: number, sdl: string, adds: readonly string[]]>(
  'deploy.subgraphs.keep',
  `update deploy.app_subgraphs set read_due_at = null, read_at = now(), read_problem = null, sdl = $3, adds = $4,
     fit_problem = case when sdl is distinct from $3 then null else fit_problem end,
     sdl_revision = case when sdl is distinct from $3 then ${number} else sdl_revision end
   where app_id = $1 and read_request = $2`,
);
const fits = statement<[app: string, revision: number]>(
  'deploy.subgraphs.fits',
  `update deploy.app_subgraphs set served_sdl = sdl, served_revision = sdl_revision, fit_problem = null
   where app_id = $1 and sdl_revision = $2
     and (served_revision is distinct from sdl_revision or fit_problem is not null)`,
);
const seenAt = statement<[app: string, edge: string, revision: number]>(
  'deploy.subgraphs.seenAt',
  `insert into deploy.app_subgraph_edges (app_id, edge_id, revision) values ($1, $2, $3)
   on conflict (app_id, edge_id) do update set revision = excluded.revision, seen_at = now()`,
);
/** A report may come before its gateway is announced; it stays for as long as that is known. */
const pruneEdges = statement<[app: string, seconds: number]>(
  'deploy.subgraphs.pruneEdges',
  `delete from deploy.app_subgraph_edges where app_id = $1 and seen_at < now() - make_interval(secs => $2)
     and edge_id not in (select id from deploy.edges)`,
);
const misfits = statement<[app: string, revision: number, problem: string]>(
  'deploy.subgraphs.misfits',
  `update deploy.app_subgraphs set fit_problem = $3 where app_id = $1 and sdl_revision = $2
     and fit_problem is distinct from $3`,
);
/** What was served does not fit any more either. */
const servedMisfits = statement<[app: string, revision: number]>(
  'deploy.subgraphs.servedMisfits',
  `update deploy.app_subgraphs set served_sdl = null, served_revision = null
   where app_id = $1 and served_revision = $2 and sdl_revision <> $2`,
);

export const subgraphsDb = {
  byApps: (db: Reader, apps: readonly string[]) => db.all(byApps, apps),
  byApp: (db: Reader, app: string) => db.first(byApps, [app]),
  all: (db: Reader) => db.all(all),
  /** Those with an SDL. */
  allowed: (db: Reader) => db.all(allowed),
  countAllowedBut: async (db: Reader, app: string) => (await db.first(countAllowed, app))!.count,
  lock: (tx: Writer, app: string) => tx.first(lock, app),
  ownerOfName: async (db: Reader, name: string) => (await db.first(ownerOfName, name))?.app_id,
  offer: (tx: Writer, row: { app: string; name: string; path: string }) => tx.run(offer, row.app, row.name, row.path),
  remove: (tx: Writer, app: string) => tx.run(remove, app),
  decide: (tx: Writer, app: string, consent: 'allowed' | 'denied', reason: string | null) =>
    tx.run(decide, app, consent, reason),
  /** Has the app asked for its SDL, if it is allowed. */
  askNow: (tx: Writer, app: string) => tx.run(askNow, app),
  /** Nobody else asks these for so many seconds. */
  takeDue: (tx: Writer, seconds: number) => tx.all(takeDue, seconds),
  /** Null: not again by itself. */
  readAgain: (tx: Writer, row: SubgraphRow, seconds: number | null, problem: string) =>
    tx.run(readAgain, row.app_id, row.read_request, seconds, problem),
  refuse: (tx: Writer, row: SubgraphRow, problem: string) => tx.run(refuse, row.app_id, row.read_request, problem),
  keep: (tx: Writer, row: SubgraphRow, sdl: string, adds: readonly string[]) =>
    tx.run(keep, row.app_id, row.read_request, sdl, adds),
  /** A gateway has it. */
  fits: async (tx: Writer, app: string, revision: number, edge: string) => {
    await tx.run(pruneEdges, app, edgeTimes.forgetSeconds);
    await tx.run(seenAt, app, edge, revision);
    return tx.run(fits, app, revision);
  },
  misfits: async (tx: Writer, app: string, revision: number, problem: string) =>
    (await tx.run(misfits, app, revision, problem)) + (await tx.run(servedMisfits, app, revision)),
};
