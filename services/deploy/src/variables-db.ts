/** SQL of variables and secrets. */
import { type Reader, statement, type Writer } from '@steading/db';

export type VariableRow = {
  id: string;
  owner_id: string;
  name: string;
  value: string | null;
  sealed: Buffer | null;
  updated_at: Date;
};

const ofOwners = statement<[owners: readonly string[]], VariableRow>(
  'deploy.variables.ofOwners',
  'select id, owner_id, name, value, sealed, updated_at from deploy.variables where owner_id = any($1::text[]) order by name',
);
const idOf = statement<[owner: string, name: string], { id: string }>(
  'deploy.variables.idOf',
  'select id from deploy.variables where owner_id = $1 and name = $2',
);
const put = statement<[id: string, owner: string, name: string, value: string | null, sealed: Buffer | null]>(
  'deploy.variables.put',
  `insert into deploy.variables (id, owner_id, name, value, sealed) values ($1, $2, $3, $4, $5)
   on conflict (owner_id, name) do update set id = excluded.id, value = excluded.value, sealed = excluded.sealed, updated_at = now()`,
);
const remove = statement<[owner: string, name: string]>(
  'deploy.variables.remove',
  'delete from deploy.variables where owner_id = $1 and name = $2',
);
const removeOfOwners = statement<[owners: readonly string[]]>(
  'deploy.variables.removeOfOwners',
  'delete from deploy.variables where owner_id = any($1::text[])',
);

export const variablesDb = {
  ofOwners: (db: Reader, owners: readonly string[]) => db.all(ofOwners, owners),
  idOf: async (db: Reader, owner: string, name: string) => (await db.first(idOf, owner, name))?.id,
  put: (tx: Writer, row: { id: string; ownerId: string; name: string; value: string | null; sealed: Buffer | null }) =>
    tx.run(put, row.id, row.ownerId, row.name, row.value, row.sealed),
  remove: (tx: Writer, owner: string, name: string) => tx.run(remove, owner, name),
  removeOfOwners: (tx: Writer, owners: readonly string[]) => tx.run(removeOfOwners, owners),
};
