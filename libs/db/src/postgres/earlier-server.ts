import { readFile, readlink, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@steading/kit';

const graceMs = 20_000;

/**
 * Ends a server that still runs on this data folder (its house was killed), by a fast shutdown, and clears a stale pid
 * file. A process that only reused the pid is left alone: it must really run on this folder.
 * @throws where one runs on it that cannot be seen from here.
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
  await refuseServerElsewhere(dirname(data));
  if (!(await runsOn(pid, data))) await rm(file, { force: true });
}

/** The processes of a server that was killed hold its socket until they notice. */
const orphansEndMs = 1_000;

/**
 * Two servers on one folder destroy it, and PostgreSQL itself knows the other by its process: which a container cannot
 * see when it shares the folder with another one. Its socket can be seen: who still answers there is alive.
 * @param dataDir the folder that has `data/` and the socket
 * @throws where a server answers that is none of this machine's processes, as far as they are seen from here
 */
export async function refuseServerElsewhere(dataDir: string): Promise<void> {
  const data = join(dataDir, 'data');
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  if (!Number(lines[0]) || (await runsOn(Number(lines[0]), data))) return;
  const socketFile = join(dataDir, 'run', `.s.PGSQL.${lines[3]}`);
  const deadline = Date.now() + orphansEndMs;
  while (await answers(socketFile)) {
    await sleep(50);
    if (Date.now() < deadline) continue;
    throw new Error(
      `Another house works on ${dirname(dataDir)}, in another container or by another path. Stop that one first, or give the command to it (docker exec).`,
    );
  }
}

function answers(socketFile: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketFile, () => resolve(true));
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });
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
