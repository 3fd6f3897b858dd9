/**
 * The executor alone, without sessions, permissions and PostgreSQL: twenty posts, their authors, sixty comments and
 * theirs, over three subgraphs, against the same as one schema, NestJS with Apollo Server, Mercurius with its compiler,
 * and Hive Gateway's runtime with both of its planners. Each server has one core, the load the other one; they take
 * turns. Read the ratios: those of CPU time hold on a busy machine too.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { Pool } from 'undici';
import { commentsOf, posts, query, users } from './garden.ts';

const seconds = Number(process.env.MEASURE_SECONDS ?? 4);
const rounds = Number(process.env.ROUNDS ?? 3);
const connections = 16;
const body = JSON.stringify({ query });

interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Running {
  readonly contender: Contender;
  readonly child: ChildProcess;
  readonly pool: Pool;
  best: Measured | undefined;
}

interface Measured {
  readonly perSecond: number;
  /** The server's own time in user and kernel mode, in microseconds. */
  readonly cpuUs: number;
}

const peers = join(import.meta.dirname, 'peers/executor');
const own = (mode: string) => [
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, 'executor-server.ts'),
  mode,
];
const ours: Contender = { name: 'ours, three subgraphs', argv: own('federated') };
const asOne: Contender = { name: 'ours, as one schema', argv: own('single') };
const nestjs: Contender = { name: 'NestJS + Apollo Server, one schema', argv: [join(peers, 'dist/nestjs.js')] };
const contenders: readonly Contender[] = [
  ours,
  asOne,
  nestjs,
  { name: 'Mercurius, compiled, one schema', argv: [join(peers, 'dist/mercurius.js')] },
  { name: 'Hive runtime, Rust planner', argv: [join(peers, 'dist/hive.js')], env: { PLANNER: 'rust' } },
  { name: 'Hive runtime, own planner', argv: [join(peers, 'dist/hive.js')] },
].filter(({ name }) => !process.env.ONLY || name.includes(process.env.ONLY));

const folder = mkdtempSync(join(tmpdir(), 'steading-executor-'));
const running: Running[] = [];
try {
  buildPeers();
  writeInputs();
  // The load stays on the second core, where there is one.
  pin(process.pid, 1);
  for (const contender of contenders) running.push(await start(contender));
  const answers = await Promise.all(running.map((one) => ask(one.pool)));
  for (const [index, answer] of answers.entries())
    if (JSON.stringify(JSON.parse(answer)) !== JSON.stringify(JSON.parse(answers[0]!)))
      throw new Error(`${running[index]!.contender.name} answers differently: ${answer.slice(0, 400)}`);
  for (const one of running) await measure(one, Math.min(3, seconds));
  for (let round = 0; round < rounds; round++)
    for (const one of running) {
      const measured = await measure(one, seconds);
      if (!one.best || measured.cpuUs < one.best.cpuUs) one.best = measured;
    }
  report();
} finally {
  for (const { child, pool } of running) {
    await pool.destroy();
    child.kill('SIGTERM');
  }
  rmSync(folder, { recursive: true, force: true });
}

function report(): void {
  const of = (contender: Contender) => running.find((one) => one.contender === contender)?.best;
  for (const { contender, child, best } of running) {
    const { perSecond, cpuUs } = best!;
    const memory = pssMb(child.pid!).toFixed(0).padStart(4);
    const line = `${perSecond.toFixed(0).padStart(6)} requests/s  ${cpuUs.toFixed(0).padStart(5)} us of CPU  ${memory} MB`;
    console.log(`${contender.name.padEnd(36)}${line}`);
  }
  const [us, one, nest] = [of(ours), of(asOne), of(nestjs)];
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  if (us && nest)
    console.log(
      `to NestJS: ratio ${ratio(us.perSecond, nest.perSecond)}, by CPU time ${ratio(nest.cpuUs, us.cpuUs)} (due: 6)`,
    );
  if (us && one)
    console.log(
      `to our own schema as one: ratio ${ratio(us.perSecond, one.perSecond)}, by CPU time ${ratio(one.cpuUs, us.cpuUs)} (due: 0.8)`,
    );
  const mine = running.find(({ contender }) => contender === ours);
  if (mine) console.log(`memory of ours after load: ${pssMb(mine.child.pid!).toFixed(0)} MB PSS (limit 200)`);
}

function buildPeers(): void {
  const run = (command: string, argv: string[]) =>
    execFileSync(command, argv, { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(join(peers, 'node_modules/@nestjs/core')))
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel=error']);
  if (!existsSync(join(peers, 'dist/hive.js')) || process.env.REBUILD) run('npm', ['run', '--silent', 'build']);
}

/** The lists for the peers, and the supergraph that Hive's runtime takes. */
function writeInputs(): void {
  const garden = { users: [...users.values()], posts, comments: Object.fromEntries(commentsOf) };
  writeFileSync(join(folder, 'garden.json'), JSON.stringify(garden));
  const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@external"])';
  const parts = {
    users: 'type User @key(fields: "id") { id: ID! name: String! } type Query { user: User }',
    posts:
      'type User @key(fields: "id", resolvable: false) { id: ID! } type Post @key(fields: "id") { id: ID! title: String! author: User! } type Query { posts: [Post!]! }',
    comments:
      'type User @key(fields: "id", resolvable: false) { id: ID! } type Comment { id: ID! text: String! author: User! } type Post @key(fields: "id") { id: ID! comments: [Comment!]! }',
  };
  const services = Object.entries(parts).map(([name, sdl]) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(link + sdl),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(JSON.stringify(errors));
  writeFileSync(join(folder, 'supergraph.graphql'), supergraphSdl);
}

async function start(contender: Contender): Promise<Running> {
  const child = spawn(process.execPath, [...contender.argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      GARDEN: join(folder, 'garden.json'),
      SUPERGRAPH: join(folder, 'supergraph.graphql'),
      ...contender.env,
    },
  });
  pin(child.pid!, 0);
  for await (const line of createInterface({ input: child.stdout! }))
    if (/^\d+$/.test(line))
      return { contender, child, best: undefined, pool: new Pool(`http://127.0.0.1:${line}`, { connections }) };
  throw new Error(`${contender.name} did not start`);
}

/** On a machine of one core everything shares it. */
function pin(pid: number, core: number): void {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' });
  } catch {
    console.error(`(could not pin a process to core ${core})`);
  }
}

async function ask(pool: Pool): Promise<string> {
  const answer = await pool.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return answer.body.text();
}

async function measure({ contender, child, pool }: Running, forSeconds: number): Promise<Measured> {
  const [cpu, began] = [cpuMs(child.pid!), performance.now()];
  const end = began + forSeconds * 1000;
  let answered = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (; performance.now() < end; answered++)
        if ((await ask(pool)).length < 5000) throw new Error(`${contender.name} gave less than it should`);
    }),
  );
  const tookMs = performance.now() - began;
  return { perSecond: (answered * 1000) / tookMs, cpuUs: ((cpuMs(child.pid!) - cpu) * 1000) / answered };
}

/** User and kernel time of a process, in steps of 10 ms (proc(5)). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function pssMb(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
}
