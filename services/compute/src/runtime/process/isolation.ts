import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { enclose, environmentText, toolchainFolders } from '#src/runtime/process/sandbox.ts';
import type { Isolation, Limits } from '#src/runtime/runtime.ts';

/** What this machine can do to keep apps apart, found out by doing it, not by looking for a file. */
export interface IsolationFinding {
  readonly isolation: Isolation;
  /** Whether each app has a user of its own. */
  readonly ownUsers: boolean;
  readonly text: string;
}

const texts: Readonly<Record<'rootBubblewrap' | 'bubblewrap' | 'user' | 'none', string>> = {
  rootBubblewrap:
    'Each app runs in a bubblewrap sandbox as a user of its own: it sees a read-only system, its release and its data folder, and only its own processes. It shares the kernel and the network of this machine, which is weaker than containers or virtual machines.',
  bubblewrap:
    'Each app runs in a bubblewrap sandbox: it sees a read-only system, its release and its data folder, and only its own processes. All apps run as one user and share the kernel and the network of this machine; start the house as root to give each app a user of its own.',
  user: 'Each app runs as a user of its own, but sees the files and processes of this machine as any user would. Install bubblewrap for a sandbox.',
  none: 'Apps are not isolated: they run as the user of the house and can read what it can read. Deploy only what you trust, or install bubblewrap.',
};

/** Tries the strongest way first. Takes 20 to 100 ms. */
export async function detectIsolation(folder: string, probeUid: number): Promise<IsolationFinding> {
  const root = process.platform === 'linux' && process.getuid?.() === 0;
  if (process.platform === 'linux') {
    const uid = root ? probeUid : undefined;
    if (await works('bubblewrap', folder, uid))
      return { isolation: 'bubblewrap', ownUsers: root, text: root ? texts.rootBubblewrap : texts.bubblewrap };
    if (root) {
      letThrough(folder);
      if (await works('user', folder, uid)) return { isolation: 'user', ownUsers: true, text: texts.user };
    }
  }
  return { isolation: 'none', ownUsers: false, text: texts.none };
}

async function works(isolation: Isolation, parent: string, uid: number | undefined): Promise<boolean> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'probe-'));
  chmodSync(folder, 0o755);
  try {
    writeAccounts(folder, uid);
    const argv = enclose(
      {
        isolation,
        ...(uid !== undefined && { uid }),
        folders: { app: folder, appWritable: false, data: folder, temporary: folder, etc: folder },
        toolchain: toolchainFolders(process.execPath),
        readable: [],
        limits: probeLimits,
        build: false,
        joinFiles: [],
      },
      [process.execPath, '-e', 'process.stdout.write("steading:" + (process.getuid?.() ?? 0))'],
    );
    const output = await outputOf(argv);
    return output === `steading:${uid ?? process.getuid?.()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const probeLimits: Limits = { cpuMillis: 1000, memoryBytes: 2 ** 30, processes: 512, diskBytes: 2 ** 30 };

function outputOf(argv: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: { PATH: systemPath },
      // bubblewrap must have a descriptor for its status, or it leaves a child behind that waits for ever.
      stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
      timeout: 5_000,
      killSignal: 'SIGKILL',
    });
    const environment = child.stdio[4] as Socket;
    environment.on('error', () => {});
    environment.resume().end(environmentText({ PATH: systemPath }));
    (child.stdio[3] as Socket).resume();
    let text = '';
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(text));
  });
}

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `passwd` and `group` as an app sees them. */
export function writeAccounts(folder: string, uid: number | undefined): void {
  const user = uid ?? process.getuid?.() ?? 0;
  const group = uid ?? process.getgid?.() ?? 0;
  writeFileSync(join(folder, 'passwd'), `app:x:${user}:${group}:app:/data:/bin/sh\n`, { mode: 0o644 });
  writeFileSync(join(folder, 'group'), `app:x:${group}:\n`, { mode: 0o644 });
}

/** Without a sandbox an app's user must be able to walk down to its release; it may not list the folders above. */
function letThrough(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const path of [dirname(folder), folder]) chmodSync(path, statSync(path).mode | 0o111);
}
