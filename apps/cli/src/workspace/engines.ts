import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';
import { run } from '#src/workspace/run.ts';

/** What the tests run for real: the program, and the Debian package that has it. */
const needed = [
  { program: 'git', debian: 'git' },
  { program: 'bwrap', debian: 'bubblewrap' },
  { program: 'nats-server', debian: 'nats-server' },
  { program: 'chromium-headless-shell', debian: 'chromium-headless-shell' },
  { program: 'ssh-keygen', debian: 'openssh-client' },
  { program: 'ip', debian: 'iproute2' },
  { program: 'certutil', debian: 'libnss3-tools' },
] as const;

/** For the container image, which only root can test: a daemon of the tests' own, and what makes a Debian to begin with. */
const neededByRoot = [
  { program: 'dockerd', debian: 'docker.io' },
  { program: 'docker-compose', debian: 'docker-compose' },
  { program: 'mmdebstrap', debian: 'mmdebstrap' },
] as const;

const moreFolders = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Finds the engines; installs what is missing where this is Debian and we may; else says what to install. */
export async function findEngines(out: Output): Promise<Record<string, string>> {
  const env = { PATH: [process.env.PATH ?? '', ...moreFolders].join(delimiter) };
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  const missing = [...needed, ...(isRoot ? neededByRoot : [])].filter(({ program }) => !find(program, env.PATH));
  if (missing.length === 0) return env;
  const packages = missing.map(({ debian }) => debian);
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Failure(
      `The tests need ${missing.map(({ program }) => program).join(', ')}. On Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}`,
    );
  }
  out.progress(`installing ${packages.join(', ')} for the tests`);
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run(['apt-get', 'update', '-qq'], quiet);
  const installed = await run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
  if (installed.code !== 0)
    throw new Failure(
      `Could not install ${packages.join(' ')}:\n${installed.text.trim().split('\n').slice(-5).join('\n')}`,
    );
  out.settle();
  return env;
}

function find(program: string, path: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { env: { PATH: path }, stdio: 'ignore' }).status ===
    0
  );
}
