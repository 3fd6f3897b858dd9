/** SQL of what was heard from Git servers, against replay. */
import { statement, type Writer } from '@steading/db';

const insert = statement<[app: string, key: string]>(
  'deploy.hooks.insert',
  'insert into deploy.hook_deliveries (app_id, key) values ($1, $2) on conflict do nothing',
);
const prune = statement<[days: number]>(
  'deploy.hooks.prune',
  'delete from deploy.hook_deliveries where at < now() - make_interval(days => $1)',
);

export const hooksDb = {
  /** 0: heard before. */
  insert: (tx: Writer, app: string, key: string) => tx.run(insert, app, key),
  prune: (tx: Writer, days: number) => tx.run(prune, days),
};
