/** SQL of the gateways that are up. */
import { type Reader, statement, type Writer } from '@steading/db';

export const edgeTimes = {
  /** How often a gateway says that it is up. */
  againMs: 30_000,
  /** After so long a silence it is forgotten. */
  forgetSeconds: 100,
  /** How long after this process began a gateway may need to find it. */
  gatherMs: 1_000,
};

export type EdgeRow = { id: string; url: string };

const seen = statement<[id: string, url: string]>(
  'deploy.edges.seen',
  `insert into deploy.edges (id, url) values ($1, $2)
   on conflict (id) do update set url = excluded.url, seen_at = now()`,
);
const replace = statement<[id: string, url: string]>(
  'deploy.edges.replace',
  'delete from deploy.edges where url = $2 and id <> $1',
);
const leave = statement<[id: string]>('deploy.edges.leave', 'delete from deploy.edges where id = $1');
const prune = statement<[seconds: number]>(
  'deploy.edges.prune',
  'delete from deploy.edges where seen_at < now() - make_interval(secs => $1)',
);
const up = statement<[seconds: number], EdgeRow>(
  'deploy.edges.up',
  'select id, url from deploy.edges where seen_at >= now() - make_interval(secs => $1) order by id',
);

export const edgesDb = {
  seen: (tx: Writer, edge: EdgeRow) => tx.run(seen, edge.id, edge.url),
  /** Whoever had this address before is gone. */
  replace: (tx: Writer, edge: EdgeRow) => tx.run(replace, edge.id, edge.url),
  leave: (tx: Writer, id: string) => tx.run(leave, id),
  prune: (tx: Writer, seconds: number) => tx.run(prune, seconds),
  /** Those that were heard of within `seconds`. */
  up: (db: Reader, seconds: number) => db.all(up, seconds),
};
