import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client } from 'pg';
import { createManySearch, type ManySearch } from '#src/many-search.ts';

/** A secret that was sent in, by the name under which a find is told. */
export type Secrets = ReadonlyMap<string, string>;

/** The forms in which a secret could lie about. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const texts = [
    ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
    ...[hex, hex.toUpperCase(), encodeURIComponent(secret), formEncoded(secret), JSON.stringify(secret).slice(1, -1)],
    secret.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`),
  ];
  return [bytes, ...[...new Set(texts)].map((text) => Buffer.from(text))];
}

/** As some programs write a form: everything but letters and digits by its number. */
function formEncoded(secret: string): string {
  const bytes = (sign: string) => Buffer.from(sign).toString('hex').toUpperCase().replace(/../g, '%$&');
  return secret.replace(/[^A-Za-z0-9]/gu, bytes);
}

/** How base64 shows bytes that stand behind others, in both of its alphabets: only what they alone decide. */
function base64Within(bytes: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const own = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
}

export function findIn(where: string, content: Buffer, secrets: Secrets): string[] {
  return searchFor(secrets)(content).map((name) => `${name} in ${where}`);
}

/** What is looked for while more is still sent: a search is made anew when it is no longer the one for all of them. */
const searches = new WeakMap<Secrets, { readonly of: string; readonly search: ManySearch }>();

function searchFor(secrets: Secrets): ManySearch {
  const of = JSON.stringify([...secrets]);
  let known = searches.get(secrets);
  if (known?.of !== of) {
    const words = new Map([...secrets].map(([name, secret]) => [name, formsOf(secret)]));
    searches.set(secrets, (known = { of, search: createManySearch(words) }));
  }
  return known.search;
}

/** Every file of the house's folder but the key files, which seal the rest, and the programs of PostgreSQL, which know words of theirs. */
export function findInFiles(dataDir: string, secrets: Secrets): { found: string[]; files: number } {
  const files = filesBelow(dataDir).filter((path) => !/^(keys|postgres\/server-[^/]+)\//.test(path));
  const found = files.flatMap((path) => findIn(path, readIfThere(join(dataDir, path)), secrets));
  return { found, files: files.length };
}

/** The paths of all files below a folder, in which others make and remove some meanwhile. */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const waiting = [folder];
  for (const at of waiting) {
    let entries: Dirent[] = [];
    try {
      entries = readdirSync(at, { withFileTypes: true });
    } catch {
      /* it is gone */
    }
    for (const entry of entries) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else found.push(relative(folder, path));
    }
  }
  return found;
}

/**
 * Every process that a house started, and those that they did: no secret in an argument of any, nor in the environment
 * of what is not the house itself, but for the secrets that `mayHold` says it was started with.
 */
export function findInProcesses(
  housePids: readonly number[],
  secrets: Secrets,
  mayHold: (program: string) => readonly string[],
): { found: string[]; processes: number } {
  const below = descendants(housePids);
  const found = below.flatMap((pid) => {
    const argv = readProc(pid, 'cmdline');
    const program = argv.toString().split('\0')[0] ?? '';
    const inArgv = findIn(`an argument of ${program}`, argv, secrets);
    if (housePids.includes(pid)) return inArgv;
    const own = new Set(mayHold(program));
    const others = new Map([...secrets].filter(([name]) => !own.has(name)));
    return [...inArgv, ...findIn(`the environment of ${program}`, readProc(pid, 'environ'), others)];
  });
  return { found, processes: below.length };
}

function descendants(pids: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/\) \S (\d+)/.exec(readProc(Number(name), 'stat').toString())?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [...pids];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

function readProc(pid: number, what: 'cmdline' | 'environ' | 'stat'): Buffer {
  return readIfThere(`/proc/${pid}/${what}`);
}

/** What has gone meanwhile, and what is no file to read, is empty. */
function readIfThere(path: string): Buffer {
  try {
    return statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  }
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
