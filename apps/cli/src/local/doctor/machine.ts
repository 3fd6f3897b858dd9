import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { type Finding, good, warning, wrong } from '#src/local/doctor/finding.ts';

/** What a house needs of the machine it is on. */
export function checkMachine(dataDir: string): Finding[] {
  return [
    good('Node.js', process.version),
    checkGit(),
    checkIsolation(),
    checkPlatform(),
    checkDisk(dataDir),
    ...checkClock(),
  ];
}

function checkGit(): Finding {
  const said = version('git', ['--version']);
  if (said) return good('git', said);
  return wrong('git', 'is not installed, so no repository can be fetched. On Debian or Ubuntu: apt-get install git');
}

function checkIsolation(): Finding {
  const what = 'isolation of apps';
  if (!version('bwrap', ['--version']))
    return warning(
      what,
      'bubblewrap is not installed, so apps are kept apart only by their user, or not at all. On Debian or Ubuntu: apt-get install bubblewrap',
    );
  const tried = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-pid', '--', '/bin/true'], {
    stdio: 'ignore',
    timeout: 5_000,
  });
  if (tried.status === 0) return good(what, 'bubblewrap works');
  return warning(
    what,
    'bubblewrap is installed but may not make namespaces here (on Ubuntu 24.04 an AppArmor profile for bwrap allows it), so apps are kept apart less',
  );
}

function checkPlatform(): Finding {
  const system = `${process.platform}-${process.arch}`;
  if (['linux-x64', 'linux-arm64'].includes(system) || process.env.DATABASE_URL) return good('system', system);
  return wrong('system', `${system} has no embedded PostgreSQL; set DATABASE_URL to one of your own`);
}

function checkDisk(dataDir: string): Finding {
  try {
    const disk = statfsSync(dataDir);
    return judgeDisk(dataDir, Math.floor((disk.bavail * disk.bsize) / 1e6), disk.bavail / disk.blocks);
  } catch {
    return good('disk', `${dataDir} is not made yet`);
  }
}

/** Under 500 MB writes begin to fail; under a tenth somebody should look before they do. */
export function judgeDisk(dataDir: string, freeMb: number, share: number): Finding {
  if (freeMb < 500)
    return wrong('disk', `only ${freeMb} MB are free at ${dataDir}: free some, or move the folder with --data`);
  if (share < 0.1) return warning('disk', `${Math.round(share * 100)} % (${freeMb} MB) are free at ${dataDir}`);
  return good('disk', `${freeMb} MB free at ${dataDir}`);
}

/** Whether something keeps this machine's clock right, where systemd knows. */
function checkClock(): Finding[] {
  const said = version('timedatectl', ['show', '-p', 'NTPSynchronized', '--value']);
  if (said === 'yes') return [good('clock', 'is kept by a time server')];
  if (said !== 'no') return [];
  return [
    warning(
      'clock',
      'is not kept by a time server, so sessions, certificates and second factors may be judged by a wrong time. Try: timedatectl set-ntp true',
    ),
  ];
}

function version(command: string, args: string[]): string | undefined {
  const run = spawnSync(command, args, { encoding: 'utf8', timeout: 5_000 });
  return run.status === 0 ? run.stdout.trim().split('\n')[0] : undefined;
}
