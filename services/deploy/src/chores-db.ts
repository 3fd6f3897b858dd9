/** SQL of chores: what must still be asked of compute after a commit. */
import { type Reader, statement, type Writer } from '@steading/db';
import { newId } from '@steading/kit';

export type Chore =
  | { readonly kind: 'remove-app'; readonly appId: string }
  | { readonly kind: 'remove-release'; readonly appId: string; readonly releaseId: string }
  | { readonly kind: 'abort'; readonly appId: string; readonly generation: string; readonly reason: string }
  /** Apply what the live deployment says (or nothing, for a stop) under this generation. */
  | { readonly kind: 'run'; readonly appId: string; readonly generation: string; readonly stop: boolean };

export type ChoreRow = {
  id: string;
  kind: Chore['kind'];
  app_id: string;
  data: Record<string, unknown>;
  attempts: number;
};

const insert = statement<[id: string, kind: string, app: string, data: string]>(
  'deploy.chores.insert',
  'insert into deploy.chores (id, kind, app_id, data) values ($1, $2, $3, $4::jsonb)',
);
const take = statement<[seconds: number], ChoreRow>(
  'deploy.chores.take',
  `update deploy.chores set due_at = now() + make_interval(secs => $1), attempts = attempts + 1
   where id in (
     select c.id from deploy.chores c where c.due_at <= now()
       and not exists (select from deploy.chores e where e.app_id = c.app_id and e.id < c.id)
     order by c.due_at for update skip locked limit 10)
   returning id, kind, app_id, data, attempts`,
);
const later = statement<[id: string, seconds: number]>(
  'deploy.chores.later',
  'update deploy.chores set due_at = now() + make_interval(secs => $2) where id = $1',
);
const done = statement<[id: string]>('deploy.chores.done', 'delete from deploy.chores where id = $1');
const count = statement<[app: string], { count: number }>(
  'deploy.chores.count',
  'select count(*)::int as count from deploy.chores where app_id = $1',
);

export const choresDb = {
  add: (tx: Writer, chore: Chore) => tx.run(insert, newId('cho'), chore.kind, chore.appId, JSON.stringify(chore)),
  /** The first of each app that is due; nobody else gets them for `seconds`. */
  take: (tx: Writer, seconds: number) => tx.all(take, seconds),
  later: (tx: Writer, id: string, seconds: number) => tx.run(later, id, seconds),
  done: (tx: Writer, id: string) => tx.run(done, id),
  count: async (db: Reader, app: string) => (await db.first(count, app))!.count,
};
