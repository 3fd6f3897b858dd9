import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool, migrateAll } from '@steading/db';
import { createTestDatabase } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newSecretKey, parseIdentity } from '#src/age/keys.ts';
import { connect } from '#src/database/connection.ts';
import type { HouseParts } from '#src/parts.ts';
import { proveBackup } from '#src/prove-backup.ts';
import type { BackupSource } from '#src/read-backup.ts';
import { isHalfRestored, restoreBackup } from '#src/restore-backup.ts';
import { lastGood, listRuns } from '#src/runs/runs-db.ts';
import { contents, log, oddTexts, partsOf, startSmallHouse } from './small-house.ts';

let house: Awaited<ReturnType<typeof startSmallHouse>>;
let name: string;

beforeAll(async () => {
  house = await startSmallHouse();
  name = (await house.take()).name;
});
afterAll(() => house?.close());

async function run(url: string, sql: string): Promise<void> {
  const client = await connect(url);
  await client.query(sql).finally(() => client.end());
}

/** A restore into a database of its own and a new folder. */
async function restore(
  options: { source?: BackupSource; parts?: HouseParts; keepSignIns?: boolean; dataDir?: string } = {},
) {
  const database = await createTestDatabase();
  const dataDir = options.dataDir ?? join(house.folder, `restored-${Math.random().toString(36).slice(2)}`);
  const restored = await restoreBackup({
    source: options.source ?? house.source(name),
    parts: options.parts ?? partsOf(),
    ...{ dataDir, url: database.url, log, ignore: [], place: 'here', tell: () => {} },
    keepSignIns: options.keepSignIns ?? false,
  }).catch(async (error) => {
    await database.drop();
    throw error;
  });
  const pool = createPool({ url: database.url, max: 2, log });
  return {
    ...{ restored, dataDir, pool, database },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

test('a restored house has every row, file, link and mode, goes on counting where it was, and nobody is signed in', async () => {
  const { restored, dataDir, pool, close } = await restore();
  expect(restored).toMatchObject({ name, houseVersion: '1.0.0' });
  expect((await pool.query('select * from accounts.sessions')).rows).toEqual([]);
  expect(await contents(pool)).toEqual(await contents(house.pool));
  const shouts = await pool.query('select count(*)::int as n from library.books where shout = upper(title)');
  expect(shouts.rows).toEqual([{ n: oddTexts.length }]);
  expect((await pool.query("select nextval('library.numbers') as n")).rows).toEqual([{ n: 4712 }]);
  await pool.query("insert into library.shelves (name) values ('the next')");
  await expect(pool.query('delete from library.ledger')).rejects.toThrow('append only');
  await expect(pool.query("insert into library.books (shelf, title) values (999999, 'nowhere')")).rejects.toThrow(
    /foreign key/,
  );
  const shop = join(dataDir, 'shop');
  expect(readFileSync(join(shop, 'releases/rel_1/files/server.js'), 'utf8')).toBe('one');
  expect(lstatSync(join(shop, 'releases/rel_1/files/run.sh')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(shop, 'releases/rel_1/outside'))).toBe('/etc');
  expect(readFileSync(join(shop, 'apps/app_1/data/db.sqlite')).length).toBe(300_000);
  expect(readdirSync(join(shop, 'apps/app_1/data')).sort()).toEqual(
    readdirSync(join(house.dataDir, 'shop/apps/app_1/data')).sort(),
  );
  expect(readFileSync(join(dataDir, 'keys/master.key'), 'utf8')).toBe('k'.repeat(32));
  for (const left of ['shop/tmp', 'shop/apps/app_1/cache', 'shop/releases/rel_9.half', 'setup-link', 'restoring.json'])
    expect(existsSync(join(dataDir, left)), left).toBe(false);
  await close();
});

test('a newer version restores it, and its own migrations follow; sign-ins stay where that is asked for', async () => {
  const parts = partsOf({
    version: '1.1.0',
    library: { '0002-colour.sql': "alter table library.books add column colour text not null default 'green'" },
  });
  const { pool, close } = await restore({ parts, keepSignIns: true });
  expect((await pool.query('select * from accounts.sessions')).rows).toHaveLength(1);
  expect((await pool.query('select distinct colour from library.books')).rows).toEqual([{ colour: 'green' }]);
  await migrateAll(pool, parts.schemas, { log });
  await close();
});

test('an older version, and one without a service of it, refuse in words and change nothing', async () => {
  const newer = partsOf({ library: { '0002-colour.sql': 'alter table library.books add column colour text' } });
  const other = await startSmallHouse();
  await migrateAll(other.pool, newer.schemas, { log });
  const taken = await other.take({ parts: { ...newer, version: '9.9.9' } });
  const dataDir = join(house.folder, 'refused');
  await expect(restore({ source: other.source(taken.name), dataDir })).rejects.toThrow(
    /made by version 9\.9\.9.*Restore it with/,
  );
  const without = { ...partsOf(), schemas: partsOf().schemas.filter(({ schema }) => schema !== 'accounts') };
  await expect(restore({ parts: without, dataDir })).rejects.toThrow(/holds "accounts"/);
  expect(existsSync(dataDir)).toBe(false);
  await other.close();
});

test('a wrong key, a changed byte, an end that is missing: refused in words, with nothing changed', async () => {
  const whole = readFileSync(join(house.folder, 'kept', name));
  const from = (bytes: Buffer): BackupSource => ({
    identities: [house.recovery],
    bytes: async function* () {
      for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
    },
  });
  const changed = Buffer.from(whole);
  changed[5_000] = (changed[5_000] ?? 0) ^ 1;
  const dataDir = join(house.folder, 'refused-too');
  for (const [source, words] of [
    [house.source(name, [parseIdentity(newSecretKey())]), /key does not open/],
    [from(changed), /damaged/],
    [from(whole.subarray(0, whole.length - 1)), /cut off/],
    [from(whole.subarray(0, whole.length / 2)), /cut off/],
    [from(Buffer.from('hello')), /not a back-up/],
    [from(Buffer.alloc(0)), /not a back-up/],
  ] as const)
    await expect(restore({ source, dataDir })).rejects.toThrow(words);
  expect(existsSync(dataDir)).toBe(false);
});

test('nothing is ever restored over something', async () => {
  const dataDir = join(house.folder, 'taken');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'mine'), 'mine');
  await expect(restore({ dataDir })).rejects.toThrow(/taken is not empty \(it has "mine"\)/);
  expect(readdirSync(dataDir)).toEqual(['mine']);
  await expect(
    restoreBackup({
      ...{ source: house.source(name), parts: partsOf(), url: house.database.url, log, ignore: [], place: 'here' },
      ...{ dataDir: join(house.folder, 'unused'), tell: () => {}, keepSignIns: false },
    }),
  ).rejects.toThrow(/database is not empty/);
  expect(existsSync(join(house.folder, 'unused'))).toBe(false);
});

test('the database alone goes back into a folder that has the rest, and never over another database', async () => {
  const { name: saved } = await house.take({ files: false, upgrade: true });
  const dataDir = join(house.folder, 'with-files');
  mkdirSync(join(dataDir, 'postgres/data'), { recursive: true });
  writeFileSync(join(dataDir, 'mine'), 'mine');
  const only = (databaseOnly: boolean, url?: string) =>
    restoreBackup({
      ...{ source: house.source(saved), parts: partsOf(), log, ignore: [], place: 'here', dataDir, databaseOnly },
      ...{ tell: () => {}, keepSignIns: false, ...(url && { url }) },
    });
  await expect(only(true)).rejects.toThrow(/has a database.*move .* away first/);
  await expect(only(false)).rejects.toThrow(/not empty/);
  const database = await createTestDatabase();
  expect(await only(true, database.url)).toMatchObject({ name: saved, files: 0 });
  expect(readdirSync(dataDir).sort()).toEqual(['mine', 'postgres']);
  await database.drop();
});

test('a restore that fails half-way leaves an empty folder and database, and one that was killed is begun again', async () => {
  const dataDir = join(house.folder, 'twice');
  let reads = 0;
  const broken: BackupSource = {
    identities: [house.recovery],
    bytes: async function* () {
      const second = ++reads > 1;
      let sent = 0;
      for await (const piece of house.source(name).bytes()) {
        yield piece;
        sent += piece.length;
        if (second && sent > 5_000) throw new Error('the cable was pulled');
      }
    },
  };
  await expect(restore({ source: broken, dataDir })).rejects.toThrow('the cable was pulled');
  expect(readdirSync(dataDir)).toEqual([]);
  // As a kill leaves it.
  writeFileSync(join(dataDir, 'restoring.json'), '{"mark":"rst_1"}');
  mkdirSync(join(dataDir, 'shop/releases/rel_half'), { recursive: true });
  expect(await isHalfRestored(dataDir)).toBe(true);
  const { pool, close } = await restore({ dataDir });
  expect(await isHalfRestored(dataDir)).toBe(false);
  expect(existsSync(join(dataDir, 'shop/releases/rel_half'))).toBe(false);
  expect(await contents(pool)).toEqual(await contents(house.pool));
  await close();
});

test('a proof restores into a database that is left empty, and notices a row that differs', async () => {
  const scratch = await createTestDatabase();
  const prove = (parts = partsOf(), inspect?: (client: Awaited<ReturnType<typeof connect>>) => Promise<void>) =>
    proveBackup({ source: house.source(name), parts, scratch: { url: scratch.url }, log, ...(inspect && { inspect }) });
  const proof = await prove();
  expect(proof).toMatchObject({ name, tables: 8 });
  expect(proof.rows).toBeGreaterThan(5_000);
  const client = await connect(scratch.url);
  const left = await client.query(
    "select nspname from pg_namespace where nspname in ('library', 'accounts', 'backup')",
  );
  expect(left.rows).toEqual([]);
  // A database that loses a row: of all there is, one book, when its table is done.
  await client.query(`
    create function public.lose() returns event_trigger language plpgsql as $$ begin
      if exists (select 1 from pg_catalog.pg_event_trigger_ddl_commands() where object_identity = 'accounts.totals')
        then delete from library.loans_first; delete from library.loans_second where ctid = '(0,1)'; end if;
    end $$;
    create event trigger lose on ddl_command_end when tag in ('ALTER TABLE') execute function public.lose()`);
  await client.end();
  await expect(prove()).rejects.toThrow(/proof failed: library\.loans_second has 2 rows after the restore, and had 3/);
  await run(scratch.url, 'drop event trigger lose');
  await expect(prove(partsOf(), async () => Promise.reject(new Error('a statement does not fit')))).rejects.toThrow(
    /does not fit/,
  );
  await scratch.drop();
});

test('a proof without a database given starts one, and leaves nothing behind', async () => {
  const { identity } = await import('#src/house-keys.ts').then(({ houseKeys }) => houseKeys(Buffer.alloc(32, 7)));
  const before = readdirSync(house.folder);
  const proof = await proveBackup({
    source: house.source(name, [identity]),
    parts: partsOf(),
    scratch: { folder: house.folder },
    log,
  });
  expect(proof.name).toBe(name);
  expect(readdirSync(house.folder)).toEqual(before);
});

test('writes go on meanwhile, and what is saved is one moment over all schemas and files', async () => {
  let running = true;
  let writes = 0;
  const write = async () => {
    while (running) {
      // A file first, the row that names it and the total after it, as services do.
      const id = `rel_w${writes}`;
      mkdirSync(join(house.dataDir, 'shop/releases', id), { recursive: true });
      writeFileSync(join(house.dataDir, 'shop/releases', id, 'a'), id);
      const client = await house.pool.connect();
      await client.query('begin');
      await client.query('insert into library.shelves (name) values ($1)', [id]);
      await client.query('update accounts.totals set amount = amount + 1');
      await client.query('commit');
      client.release();
      writes++;
    }
  };
  const writing = write();
  const taken = await house.take();
  running = false;
  await writing;
  const { pool, dataDir, close } = await restore({ source: house.source(taken.name) });
  const shelves = (await pool.query<{ name: string }>("select name from library.shelves where name like 'rel_w%'"))
    .rows;
  expect((await pool.query('select amount from accounts.totals')).rows).toEqual([{ amount: shelves.length }]);
  expect(shelves.length).toBeGreaterThan(0);
  expect(shelves.length).toBeLessThanOrEqual(writes);
  for (const shelf of shelves)
    expect(existsSync(join(dataDir, 'shop/releases', shelf.name, 'a')), shelf.name).toBe(true);
  await close();
});

test('as many are kept as asked, of this house and kind only, and each run is recorded', async () => {
  const kept = join(house.folder, 'kept');
  const upgrades = readdirSync(kept).filter((each) => each.endsWith('-upgrade.tar.zst.age')).length;
  const foreign = 'steading-0badf00d-20200101T000000000Z.tar.zst.age';
  for (const file of [foreign, 'my-notes.txt', `steading-${house.houseId}-20200101T000000000Z-upgrade.tar.zst.age`])
    writeFileSync(join(kept, file), 'kept');
  writeFileSync(join(kept, `steading-${house.houseId}-20200101T000000000Z.tar.zst.age.unfinished`), 'cut short');
  await house.take({ keep: 2 });
  const last = await house.take({ keep: 2 });
  const names = readdirSync(kept);
  expect(names).toContain(foreign);
  expect(names).toContain('my-notes.txt');
  expect(names.filter((each) => each.endsWith('-upgrade.tar.zst.age'))).toHaveLength(upgrades + 1);
  expect(
    names.filter((each) => each.startsWith(`steading-${house.houseId}`) && !each.includes('upgrade')),
  ).toHaveLength(2);
  const client = await connect(house.database.url);
  const good = await lastGood(client);
  expect(good.backup).toMatchObject({ name: last.name, state: 'done', bytes: last.bytes, rows: last.rows });
  expect(good.proof).toBeUndefined();
  const both = await Promise.allSettled([house.take(), house.take()]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('under way') },
  });
  expect((await listRuns(client, 100)).some(({ state }) => state === 'running')).toBe(false);
  await client.end();
});

test('a full disk ends it in words, and leaves the earlier ones and no half', async () => {
  const disk = join(house.folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', disk]);
  try {
    const { openFolderTarget } = await import('#src/target/folder-target.ts');
    writeFileSync(
      join(house.dataDir, 'shop/apps/app_1/data/noise'),
      Buffer.from(Array.from({ length: 400_000 }, () => Math.random() * 256)),
    );
    await expect(house.take({ target: openFolderTarget(join(disk, 'kept')) })).rejects.toThrow(/disk of .* is full/);
    expect(readdirSync(join(disk, 'kept'))).toEqual([]);
    const taken = await house.take();
    await expect(restore({ source: house.source(taken.name), dataDir: join(disk, 'data') })).rejects.toThrow(
      /disk of .* is full/,
    );
    expect(readdirSync(join(disk, 'data'))).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});
