import type { Pool } from 'pg';

/**
 * A schema as stable text: tables with their columns, constraints, indexes, functions and triggers, in name order. For
 * the committed `schema.sql`, which is read and compared, not run.
 */
export async function dumpSchema(pool: Pool, schema: string): Promise<string> {
  const tables = await rows<{ name: string }>(
    pool,
    `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname <> 'migrations' order by relname`,
    schema,
  );
  const parts: string[] = [
    `-- The schema ${schema}, written by steading generate from its migrations. Not run by anything.`,
  ];
  for (const { name } of tables) parts.push(await dumpTable(pool, schema, name));
  const functions = await rows<{ text: string }>(
    pool,
    'select pg_get_functiondef(oid) as text from pg_proc where pronamespace = $1::regnamespace order by proname',
    schema,
  );
  parts.push(...functions.map(({ text }) => `${text.trim()};`));
  const triggers = await rows<{ text: string }>(
    pool,
    `select pg_get_triggerdef(t.oid) as text from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = $1::regnamespace and not t.tgisinternal order by c.relname, t.tgname`,
    schema,
  );
  parts.push(...triggers.map(({ text }) => `${text};`));
  return `${parts.join('\n\n')}\n`;
}

async function dumpTable(pool: Pool, schema: string, table: string): Promise<string> {
  const columns = await rows<{ text: string }>(
    pool,
    `select format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) ||
       case when a.attidentity <> '' then ' generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity' else '' end ||
       case when a.attnotnull then ' not null' else '' end ||
       coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as text
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    schema,
    table,
  );
  const constraints = await rows<{ text: string }>(
    pool,
    `select format('constraint %I %s', conname, pg_get_constraintdef(oid)) as text from pg_constraint
     where conrelid = format('%I.%I', $1::text, $2::text)::regclass and contype <> 'n' order by contype desc, conname`,
    schema,
    table,
  );
  const indexes = await rows<{ text: string }>(
    pool,
    `select pg_get_indexdef(indexrelid) as text from pg_index where indrelid = format('%I.%I', $1::text, $2::text)::regclass
       and not exists (select 1 from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x')) order by 1`,
    schema,
    table,
  );
  const body = [...columns, ...constraints].map(({ text }) => `  ${text}`).join(',\n');
  return [`create table ${schema}.${table} (\n${body}\n);`, ...indexes.map(({ text }) => `${text};`)].join('\n');
}

async function rows<R extends object>(pool: Pool, text: string, ...params: string[]): Promise<R[]> {
  return (await pool.query<R>(text, params)).rows;
}
