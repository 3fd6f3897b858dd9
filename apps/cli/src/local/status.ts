import { readFileSync, realpathSync } from 'node:fs';
import { findParts, findRunning, gatewayOf, ownFolder } from '@steading/house/running';
import { exitCodes, Failure } from '#src/failure.ts';
import { buildIfStale } from '#src/local/builds.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { checkoutOf, restartHouse, stopHouse, workspaceRoot } from '#src/local/house-process.ts';
import type { Output } from '#src/output.ts';

interface Readiness {
  readonly ready: boolean;
  readonly services: readonly { readonly service: string; readonly ready: boolean; readonly reason?: string }[];
}

/**
 * `steading status`: whether the house runs, how its services are, and what it costs. Exit code 1 when it is not ready. Of
 * a house of several processes it shows those of this machine, and how the whole is where one of them is a gateway.
 */
export async function status(options: { data?: string }, out: Output): Promise<void> {
  const dataDir = dataFolder(options.data);
  const parts = findParts(dataDir);
  if (parts.length === 0) {
    out.line(`Steading does not run on ${dataDir}. Start it with: steading up`);
    out.data({ running: false, dataDir });
    process.exitCode = exitCodes.failed;
    return;
  }
  const gateway = gatewayOf(parts);
  const readiness = gateway && (await askReadiness(gateway.localUrl));
  if (gateway && readiness)
    out.line(
      `${readiness.ready ? 'Ready' : 'Not ready'}: ${gateway.url}, version ${gateway.version}, up since ${gateway.startedAt}`,
    );
  else out.line(`A part of a house runs here. How the whole house is, status says where its gateway runs.`);
  const processes = parts.map(({ pid, services, version, startedAt }) => {
    const memoryMb = houseMemoryMb(pid);
    const what = services ? `: ${services.join(', ')}` : '';
    const costs = memoryMb === undefined ? '' : `, ${memoryMb} MB (proportional, children included)`;
    out.line(`Process ${pid}${what}, data in ${dataDir}${costs}`);
    return { pid, version, startedAt, ...(services && { services }), memoryMb };
  });
  if (readiness)
    out.table(
      ['service', 'state', ''],
      readiness.services.map((each) => [each.service, each.ready ? 'ready' : 'not ready', each.reason ?? '']),
    );
  const backups = await (await import('#src/local/backup-state.ts')).readBackups(dataDir);
  out.line(`Back-ups: ${backups.text}`);
  if (backups.concern) out.line(backups.concern);
  const { folder: _, services: __, ...told } = gateway ?? parts[0]!;
  const memoryMb = processes.every((each) => each.memoryMb !== undefined)
    ? processes.reduce((sum, each) => sum + each.memoryMb!, 0)
    : undefined;
  out.data({ running: true, dataDir, memoryMb, ...told, ...readiness, processes, backups });
  if (readiness?.ready === false) process.exitCode = exitCodes.failed;
}

/** `steading down`: stops the house, or those of its processes that are on this machine, and everything it started. */
export async function down(options: { data?: string }, out: Output): Promise<void> {
  const dataDir = dataFolder(options.data);
  const parts = findParts(dataDir);
  if (parts.length === 0) {
    out.line(`Steading does not run on ${dataDir}.`);
    out.data({ stopped: false, dataDir });
    return;
  }
  out.progress('stopping');
  // What people have begun is answered while the rest is still there.
  const gateways = parts.filter(({ services }) => services?.includes('gateway'));
  const others = parts.filter((each) => !gateways.includes(each));
  for (const together of [gateways, others])
    await Promise.all(together.map(({ folder, ...running }) => stopHouse(folder, running)));
  out.settle();
  out.line(
    parts.some(({ services }) => services)
      ? 'The processes of the house that ran here have stopped. Their data stays.'
      : 'Steading has stopped. Its data stays: start it again with steading up.',
  );
  out.data({ stopped: true, dataDir });
}

/** `steading restart`: the same house in a new process; connections that come meanwhile wait. */
export async function restart(services: readonly string[], options: { data?: string }, out: Output): Promise<void> {
  const dataDir = dataFolder(options.data);
  const folder = ownFolder(dataDir, services.length > 0 ? services.join(',') : undefined);
  const running = findRunning(folder);
  if (!running) throw new Failure(notRunning(dataDir));
  const from = checkoutOf(running.pid);
  if (from !== undefined && from !== realpathSync(workspaceRoot))
    throw new Failure(
      `The house on ${dataDir} runs from ${from}, and its successor would too. Fetch the new version there and run ./steading restart in it; or ./steading down there, then ./steading up here.`,
    );
  await buildIfStale(workspaceRoot, out.progress);
  const began = performance.now();
  out.progress('restarting');
  await restartHouse(folder, running, dataDir);
  out.settle();
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
  out.line(`Steading has started again after ${seconds} s: ${running.url}. Apps were not stopped.`);
  out.data({ restarted: true, dataDir, seconds });
}

function notRunning(dataDir: string): string {
  const parts = findParts(dataDir).flatMap(({ services }) =>
    services ? [`steading restart ${services.join(' ')}`] : [],
  );
  if (parts.length === 0) return `Steading does not run on ${dataDir}. Start it with: steading up`;
  return `A house of several processes runs on ${dataDir}. Say which of them: ${parts.join(', or ')}`;
}

async function askReadiness(url: string): Promise<Readiness> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return (await answer.json()) as Readiness;
  } catch (error) {
    return { ready: false, services: [{ service: 'gateway', ready: false, reason: (error as Error).message }] };
  }
}

/** Proportional set size of a process and all of its descendants, in MB; undefined where the kernel does not say. */
export function houseMemoryMb(pid: number): number | undefined {
  try {
    return Math.round(descendants(pid).reduce((sum, each) => sum + pssKb(each), 0) / 1024);
  } catch {
    return undefined;
  }
}

function descendants(pid: number): number[] {
  const found = [pid];
  for (const each of found) {
    try {
      const children = readFileSync(`/proc/${each}/task/${each}/children`, 'utf8').trim();
      if (children) found.push(...children.split(' ').map(Number));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function pssKb(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
}
