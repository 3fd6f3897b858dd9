import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client } from 'pg';

/** A secret that was sent in, by the name under which a find is told. */
export type Secrets = ReadonlyMap<string, string>;

/** The forms in which a secret could lie about. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  return [
    bytes,
    Buffer.from(bytes.toString('base64').replace(/=+$/, '')),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(encodeURIComponent(secret)),
    Buffer.from(JSON.stringify(secret).slice(1, -1)),
  ];
}

export function findIn(where: string, content: Buffer, secrets: Secrets): string[] {
  return [...secrets]
    .filter(([, secret]) => formsOf(secret).some((form) => content.includes(form)))
    .map(([name]) => `${name} in ${where}`);
}

/** Every file of the house's folder but the key files, which seal the rest. */
export function findInFiles(dataDir: string, secrets: Secrets): { found: string[]; files: number } {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  let read = 0;
  const found = files.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const shown = relative(dataDir, path);
    if (shown.startsWith('keys/')) return [];
    read++;
    return findIn(shown, readFileSync(path), secrets);
  });
  return { found, files: read };
}

/** Every row of every table of the house, as text. */
export async function findInTables(url: string, secrets: Secrets): Promise<{ found: string[]; rows: number }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const found: string[] = [];
    let rows = 0;
    for (const { name } of tables.rows) {
      const all = await client.query<{ text: string }>(`select row_to_json(t)::text as text from ${name} t`);
      rows += all.rows.length;
      // Bytes are shown in hexadecimal, which is one of the forms that are looked for.
      found.push(...findIn(name, Buffer.from(all.rows.map((row) => row.text).join('\n')), secrets));
    }
    return { found, rows };
  } finally {
    await client.end();
  }
}
