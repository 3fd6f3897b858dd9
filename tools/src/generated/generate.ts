import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPool, dumpSchema, migrate, startEmbeddedPostgres } from '@steading/db';
import { composeSubgraphs, knownComposition, openSupergraph, printSubgraph } from '@steading/graph';
import { catalogue } from '@steading/house/catalogue';
import { createLog, kitErrors, systemClock } from '@steading/kit';
import { createAssertions } from '@steading/rpc';
import { startHouse } from '@steading/service';
import { graphTypes } from '@steading/web/graph-types';
import { printErrorPage } from '#src/generated/error-page.ts';

/**
 * Everything that is committed although it follows from the code: RPC code, schema dumps, SDL, the page of errors.
 * Returns path → text, from a real house with every service.
 */
export async function generate(root: string): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  const folder = mkdtempSync(join(tmpdir(), 'steading-generate-'));
  chmodSync(folder, 0o711);
  const log = createLog({ level: 'error' });
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log });
  try {
    generateContracts(root, folder, made);
    made.set(
      'docs/errors.md',
      printErrorPage(
        new Map([
          ['any part', kitErrors.catalogue],
          ...catalogue.map((each) => [each.name, each.errors ?? {}] as const),
        ]),
      ),
    );
    const house = await startHouse({
      catalogue,
      settings: {
        version: '0.0.0',
        publicUrl: 'http://localhost:1',
        appsDomain: 'localhost',
        dataDir: folder,
        key: () => Buffer.alloc(32),
      },
      env: { STEADING_HTTP_PORT: '0' },
      databaseUrl: postgres.url,
      transport: { kind: 'postgres' },
      assertion: createAssertions({ keyDir: join(folder, 'keys'), clock: systemClock }),
      log,
      clock: systemClock,
    });
    const pool = createPool({ url: postgres.url, max: 2, log });
    const subgraphs: { name: string; sdl: string }[] = [];
    for (const each of catalogue) {
      if (each.migrations) {
        await migrate(pool, { schema: each.name, folder: each.migrations, log });
        made.set(`services/${each.name}/schema.sql`, await dumpSchema(pool, each.name));
      }
      const { graph } = house.parts(each.name);
      if (graph) {
        made.set(`services/${each.name}/schema.graphql`, printSubgraph(graph));
        subgraphs.push({ name: each.name, sdl: graph.sdl });
      }
    }
    const composed = await composeSubgraphs(subgraphs);
    if ('problem' in composed) throw new Error(`The subgraphs do not fit together:\n${composed.problem}`);
    // What cannot be planned for is not written down.
    await openSupergraph(composed.ok);
    const known = knownComposition(subgraphs, composed.ok);
    made.set('services/gateway/composition.gen.json', `${JSON.stringify(known, null, 2)}\n`);
    const sdl = `# Composed from the services by \`./steading generate\`; not edited by hand.\n${composed.ok.publicSdl.trim()}\n`;
    made.set('apps/web/src/graph/schema.graphql', sdl);
    made.set('apps/web/src/graph/introspection.gen.ts', graphTypes(sdl));
    await pool.end();
    await house.stop();
    return made;
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function generateContracts(root: string, folder: string, made: Map<string, string>): void {
  const contracts = join(root, 'contracts');
  const out = join(folder, 'contracts');
  mkdirSync(out);
  const bin = join(contracts, 'node_modules/.bin');
  execFileSync(join(bin, 'buf'), ['generate', '--output', out], {
    cwd: contracts,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  const files = execFileSync('find', [out, '-name', '*.ts'], { encoding: 'utf8' }).trim().split('\n');
  for (const file of files) made.set(`contracts/${file.slice(out.length + 1)}`, readFileSync(file, 'utf8'));
}

if (import.meta.main) {
  const root = process.cwd();
  const write = process.argv.includes('--write');
  let stale = 0;
  for (const [path, text] of await generate(root)) {
    if (read(join(root, path)) === text) continue;
    stale++;
    console.log(`${path} ${write ? 'written' : 'is not what the code says: run steading generate'}`);
    if (write) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  if (stale === 0) console.log('generated: everything is current');
  process.exit(write || stale === 0 ? 0 : 1);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
