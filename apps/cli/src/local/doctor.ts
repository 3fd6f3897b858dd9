import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { findRunning } from '@steading/house/running';
import { exitCodes } from '#src/failure.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { isReady } from '#src/local/house-process.ts';
import { checkPort } from '#src/local/ports.ts';
import type { Output } from '#src/output.ts';

interface Finding {
  readonly what: string;
  readonly state: 'good' | 'warning' | 'wrong';
  readonly text: string;
}

/** `steading doctor`: looks at this machine and this house, and says what is wrong and how to mend it. */
export async function doctor(options: { data?: string; port: string }, out: Output): Promise<void> {
  const dataDir = dataFolder(options.data);
  const findings = [
    checkNode(),
    checkGit(),
    checkIsolation(),
    checkPlatform(),
    checkDisk(dataDir),
    await checkHouse(dataDir, Number(options.port)),
  ];
  const marks = {
    good: out.style('green', 'good   '),
    warning: out.style('yellow', 'warning'),
    wrong: out.style('red', 'wrong  '),
  };
  for (const finding of findings) out.line(`${marks[finding.state]}  ${finding.what}: ${finding.text}`);
  out.data({ findings });
  if (findings.some((finding) => finding.state === 'wrong')) process.exitCode = exitCodes.failed;
}

function checkNode(): Finding {
  return { what: 'Node.js', state: 'good', text: process.version };
}

function checkGit(): Finding {
  const said = version('git', ['--version']);
  if (said) return { what: 'git', state: 'good', text: said };
  return {
    what: 'git',
    state: 'wrong',
    text: 'is not installed, so no repository can be fetched. On Debian or Ubuntu: apt-get install git',
  };
}

function checkIsolation(): Finding {
  const what = 'isolation of apps';
  if (!version('bwrap', ['--version'])) {
    return {
      what,
      state: 'warning',
      text: 'bubblewrap is not installed, so apps are kept apart only by their user, or not at all. On Debian or Ubuntu: apt-get install bubblewrap',
    };
  }
  const tried = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-pid', '--', '/bin/true'], {
    stdio: 'ignore',
    timeout: 5_000,
  });
  if (tried.status === 0) return { what, state: 'good', text: 'bubblewrap works' };
  return {
    what,
    state: 'warning',
    text: 'bubblewrap is installed but may not make namespaces here (on Ubuntu 24.04 an AppArmor profile for bwrap allows it), so apps are kept apart less',
  };
}

function checkPlatform(): Finding {
  const system = `${process.platform}-${process.arch}`;
  if (['linux-x64', 'linux-arm64'].includes(system) || process.env.DATABASE_URL)
    return { what: 'system', state: 'good', text: system };
  return {
    what: 'system',
    state: 'wrong',
    text: `${system} has no embedded PostgreSQL; set DATABASE_URL to one of your own`,
  };
}

function checkDisk(dataDir: string): Finding {
  const what = 'disk';
  try {
    const disk = statfsSync(dataDir);
    const freeMb = Math.floor((disk.bavail * disk.bsize) / 1e6);
    const share = disk.bavail / disk.blocks;
    if (freeMb < 500)
      return {
        what,
        state: 'wrong',
        text: `only ${freeMb} MB are free at ${dataDir}: free some, or move the folder with --data`,
      };
    if (share < 0.1)
      return { what, state: 'warning', text: `${Math.round(share * 100)} % (${freeMb} MB) are free at ${dataDir}` };
    return { what, state: 'good', text: `${freeMb} MB free at ${dataDir}` };
  } catch {
    return { what, state: 'good', text: `${dataDir} is not made yet` };
  }
}

async function checkHouse(dataDir: string, port: number): Promise<Finding> {
  const what = 'house';
  const running = findRunning(dataDir);
  if (running) {
    if (await isReady(running.localUrl)) return { what, state: 'good', text: `is ready at ${running.url}` };
    return {
      what,
      state: 'wrong',
      text: `runs (process ${running.pid}) but is not ready; steading status says which service and why`,
    };
  }
  try {
    await checkPort('127.0.0.1', port);
    return { what, state: 'good', text: `does not run; port ${port} is free. Start it with: steading up` };
  } catch (error) {
    return { what, state: 'wrong', text: `does not run, and: ${(error as Error).message}` };
  }
}

function version(command: string, args: string[]): string | undefined {
  const run = spawnSync(command, args, { encoding: 'utf8', timeout: 5_000 });
  return run.status === 0 ? run.stdout.trim().split('\n')[0] : undefined;
}
