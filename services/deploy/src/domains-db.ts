/** SQL of domains. A host belongs to one app of the whole house. */
import { type Reader, statement, type Writer } from '@steading/db';

export type DomainRow = { host: string; app_id: string; is_default: boolean; verified: boolean; proof: string };

const ofApps = statement<[apps: readonly string[]], DomainRow>(
  'deploy.domains.ofApps',
  `select host, app_id, is_default, verified, proof from deploy.domains where app_id = any($1::text[])
   order by is_default desc, created_at, host`,
);
const byHost = statement<[host: string], DomainRow>(
  'deploy.domains.byHost',
  'select host, app_id, is_default, verified, proof from deploy.domains where host = $1',
);
const insert = statement<[host: string, app: string, isDefault: boolean, verified: boolean, proof: string]>(
  'deploy.domains.insert',
  `insert into deploy.domains (host, app_id, is_default, verified, proof) values ($1, $2, $3, $4, $5)
   on conflict (host) do nothing`,
);
const pruneUnproven = statement<[days: number]>(
  'deploy.domains.pruneUnproven',
  'delete from deploy.domains where not verified and created_at < now() - make_interval(days => $1)',
);
const verify = statement<[host: string, app: string]>(
  'deploy.domains.verify',
  'update deploy.domains set verified = true where host = $1 and app_id = $2',
);
const remove = statement<[host: string, app: string]>(
  'deploy.domains.remove',
  'delete from deploy.domains where host = $1 and app_id = $2 and not is_default',
);

export const domainsDb = {
  ofApps: (db: Reader, apps: readonly string[]) => db.all(ofApps, apps),
  byHost: (db: Reader, host: string) => db.first(byHost, host),
  /** 0: another app has it. */
  insert: (tx: Writer, row: { host: string; appId: string; isDefault: boolean; verified: boolean; proof: string }) =>
    tx.run(insert, row.host, row.appId, row.isDefault, row.verified, row.proof),
  /** A claim that is never proven must not keep the host from whoever has it. */
  pruneUnproven: (tx: Writer, days: number) => tx.run(pruneUnproven, days),
  verify: (tx: Writer, host: string, app: string) => tx.run(verify, host, app),
  remove: (tx: Writer, host: string, app: string) => tx.run(remove, host, app),
};
