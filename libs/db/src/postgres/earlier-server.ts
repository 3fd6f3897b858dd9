import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@steading/kit';

const graceMs = 20_000;

/**
 * Ends a server that still runs on this data folder (its house was killed), by a fast shutdown, and clears a stale pid
 * file. A process that only reused the pid is left alone: it must really run on this folder.
 */
export async function endEarlierServer(data: string, log: Log): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  if (await runsOn(pid, data)) {
    log.warn({ pid }, 'ending the PostgreSQL that an earlier house left behind');
    process.kill(pid, 'SIGINT');
    const deadline = Date.now() + graceMs;
    while ((await runsOn(pid, data)) && Date.now() < deadline) await sleep(50);
    if (await runsOn(pid, data)) process.kill(pid, 'SIGQUIT');
    while ((await runsOn(pid, data)) && Date.now() < deadline + graceMs) await sleep(50);
  }
  if (!(await runsOn(pid, data))) await rm(file, { force: true });
}

async function runsOn(pid: number, data: string): Promise<boolean> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('\0-D\0')) return command.split('\0').includes(data);
    return (await readlink(`/proc/${pid}/cwd`)) === data;
  } catch {
    return false;
  }
}
