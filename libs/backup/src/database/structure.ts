import type { Client } from 'pg';
import type { Structure, TableShape } from '#src/manifest.ts';

/**
 * Every table with rows of some schemas, partitions by themselves; without the lists of applied migrations, and without
 * tables that PostgreSQL itself empties when it crashes.
 */
export async function readTables(client: Client, schemas: readonly string[]): Promise<TableShape[]> {
  const { rows } = await client.query<{
    schema: string;
    name: string;
    columns: string[];
    of: string | null;
    bound: string | null;
  }>(
    `select n.nspname as schema, c.relname as name,
       array(select a.attname::text from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
       (select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid and c.relispartition) as of,
       pg_get_expr(c.relpartbound, c.oid) as bound
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname = any($1) and c.relname <> 'migrations' order by 1, 2`,
    [schemas],
  );
  return rows.map(({ schema, name, columns, of, bound }) => ({
    ...{ schema, name, columns },
    ...(of && bound && { partition: { of, bound } }),
  }));
}

export async function readSequences(client: Client, schemas: readonly string[]): Promise<Structure['sequences']> {
  const { rows } = await client.query<{ schema: string; name: string; last: string }>(
    `select schemaname as schema, sequencename as name, last_value::text as last from pg_sequences
     where schemaname = any($1) and last_value is not null order by 1, 2`,
    [schemas],
  );
  return rows;
}

/** Schemas that bear a list of migrations like ours, but belong to no service of this version. */
export async function readStrangers(client: Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select n.nspname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = 'migrations' and not n.nspname = any($1)
       and (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('number', 'checksum', 'applied_at')) = 3
     order by 1`,
    [schemas],
  );
  return rows.map(({ name }) => name);
}
