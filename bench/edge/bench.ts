/**
 * The edge before an app, against nginx, haproxy and caddy before the same program: answers of 1 KB and of 100 KB over
 * 64 kept connections. Every proxy has one thread. Read the ratios; those of CPU time hold on a busy machine too.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimHouse, deploymentEnds, freePorts, makeApp, startDeployment } from '@steading/acceptance';
import { startGitServer } from '@steading/testkit';
import { startHouse } from '../replace/house.ts';
import { runWrk } from '../wrk.ts';
import { type Peer, startPeers } from './peers.ts';

const seconds = Number(process.env.MEASURE_SECONDS ?? 5);
const rounds = Number(process.env.ROUNDS ?? 2);
const connections = 64;

const server = `
import { createServer } from 'node:http';
const answers = { '/': Buffer.alloc(1024, 'a'), '/large': Buffer.alloc(102400, 'b') };
createServer((request, response) => {
  const answer = answers[request.url] ?? answers['/'];
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': answer.length });
  response.end(answer);
}).listen(process.env.PORT, process.env.HOST);
`;

interface Front extends Omit<Peer, 'stop'> {
  readonly host: string;
}

const folder = mkdtempSync(join(tmpdir(), 'steading-edge-'));
const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const fronts = await startAll();
  for (const path of ['/', '/large']) await compare(path, fronts);
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function startAll(): Promise<Front[]> {
  const [house, git] = await Promise.all([startHouse(), startGitServer()]);
  stops.push(
    () => house.stop(),
    () => git.stop(),
  );
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('measured');
  const name = { name: 'app' };
  await repository.commit({
    'package.json': JSON.stringify({ ...name, private: true, type: 'module', scripts: { start: 'node server.js' } }),
    'package-lock.json': JSON.stringify({ ...name, lockfileVersion: 3, requires: true, packages: { '': name } }),
    'server.js': server,
  });
  const app = await makeApp(operator, repository.url, {});
  const deployment = await deploymentEnds(operator, await startDeployment(operator, app.id));
  if (deployment.state !== 'live') throw new Error(`${deployment.state}: ${deployment.reason}`);
  const [appPort = 0, ...ports] = await freePorts(4);
  const file = join(folder, 'server.mjs');
  writeFileSync(file, server);
  const child = spawn(process.execPath, [file], { env: { PORT: String(appPort), HOST: '127.0.0.1' }, stdio: 'ignore' });
  stops.push(() => child.kill());
  const peers = await startPeers(folder, ports, appPort);
  for (const peer of peers) stops.push(peer.stop);
  return [
    { name: 'edge', port: house.port, host: app.host, pids: () => [house.pid] },
    ...peers.map((peer) => ({ ...peer, host: `127.0.0.1:${peer.port}` })),
  ];
}

async function compare(path: string, fronts: readonly Front[]): Promise<void> {
  console.log(path === '/' ? 'answers of 1 KB' : 'answers of 100 KB');
  const best = new Map<string, { perSecond: number; cpuUs: number; p99Ms: number }>();
  for (let round = 0; round < rounds; round++)
    for (const front of fronts) {
      const measured = await measure(front, path);
      const before = best.get(front.name);
      if (!before || measured.cpuUs < before.cpuUs) best.set(front.name, measured);
    }
  const edge = best.get('edge')!;
  for (const [name, { perSecond, cpuUs, p99Ms }] of best) {
    const figures = `${perSecond.toFixed(0).padStart(7)} requests/s  ${cpuUs.toFixed(0).padStart(5)} us of CPU  p99 ${p99Ms.toFixed(1)} ms`;
    const ratio =
      name === 'edge'
        ? ''
        : `   edge is ${(edge.perSecond / perSecond).toFixed(2)} times that, ${(cpuUs / edge.cpuUs).toFixed(2)} by CPU time`;
    console.log(`  ${name.padEnd(8)}${figures}${ratio}`);
  }
}

async function measure({ port, host, pids }: Front, path: string) {
  const before = cpuMs(pids());
  const args = [`-c${connections}`, `-d${seconds}s`, '-H', `Host: ${host}`, `http://127.0.0.1:${port}${path}`];
  const { answered, requestsPerSecond: perSecond, p99Ms } = await runWrk(args);
  return { perSecond, p99Ms, cpuUs: ((cpuMs(pids()) - before) * 1000) / answered };
}

/** User and kernel time of processes, in steps of 10 ms (proc(5)). */
function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}
