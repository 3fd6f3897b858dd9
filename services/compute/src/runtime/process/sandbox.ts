import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Isolation, Limits } from '#src/runtime/runtime.ts';

/**
 * How a command of an app or a build is closed in. What must hold: nothing of an app's environment reaches a program
 * that still has the house's rights (`LD_PRELOAD` would be the house's rights), and no secret stands in an argv. So the
 * environment is read from descriptor 4 by a shell that is the last link of the chain, after every right was given up:
 * `sh (joins control groups) → nice → bwrap → prlimit → setpriv → sh (reads the environment) → command`.
 */
export interface Enclosure {
  readonly isolation: Isolation;
  /** The app's own user; absent: the house's. */
  readonly uid?: number;
  readonly folders: SandboxFolders;
  /** Folders of the system's toolchain that must be seen inside. */
  readonly toolchain: readonly string[];
  readonly readable: readonly string[];
  readonly limits: Limits;
  /** Builds: lower priority, and they end with the house. Apps outlive it. */
  readonly build: boolean;
  readonly joinFiles: readonly string[];
}

export interface SandboxFolders {
  /** The release or the build's folder; the working folder. */
  readonly app: string;
  readonly appWritable: boolean;
  readonly data: string;
  /** Where there is no private one. */
  readonly temporary: string;
  readonly cache?: string;
  /** `passwd` and `group` with the app's user, so that programs that look their user up find one. */
  readonly etc: string;
}

/** Where a process finds its folders: fixed names in a sandbox of its own, the real ones otherwise. */
export function placesIn(isolation: Isolation, folders: SandboxFolders) {
  return isolation === 'bubblewrap'
    ? { app: '/app', home: '/data', temporary: '/tmp', cache: '/cache' }
    : { app: folders.app, home: folders.data, temporary: folders.temporary, cache: folders.cache ?? folders.data };
}

const joinGroups = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 124; shift; done; shift; exec "$@"';
const takeEnvironment =
  'cd -- "$1" || exit 124; shift; eval "$(cat <&4)"; exec 4<&-; [ "$steading_complete" = 1 ] || exit 125; unset steading_complete; exec "$@"';

/** The whole argv. Descriptor 3 takes bubblewrap's status, 4 gives the environment. */
export function enclose(enclosure: Enclosure, command: readonly string[]): string[] {
  const { isolation, uid, limits, folders } = enclosure;
  const inner = ['/bin/sh', '-c', takeEnvironment, 'steading', placesIn(isolation, folders).app, ...command];
  const asUser =
    uid === undefined
      ? inner
      : [
          'setpriv',
          `--reuid=${uid}`,
          `--regid=${uid}`,
          '--clear-groups',
          '--no-new-privs',
          ...noCapabilities,
          ...inner,
        ];
  const limited = ['prlimit', ...resourceLimits(enclosure), '--', ...asUser];
  const closed = isolation === 'bubblewrap' ? ['bwrap', ...bubblewrapFlags(enclosure), '--', ...limited] : limited;
  const chain = process.platform === 'linux' ? closed : inner;
  const polite = enclosure.build ? ['nice', '-n', '10', ...chain] : chain;
  return enclosure.joinFiles.length > 0
    ? ['/bin/sh', '-c', joinGroups, 'steading', ...enclosure.joinFiles, '--', ...polite]
    : polite;

  function resourceLimits({ uid, isolation }: Enclosure): string[] {
    // Never --as: V8 reserves address space by the gigabyte. nproc counts a user's threads: only for a user of its own.
    const flags = [
      '--core=0',
      `--nofile=${within('Max open files', 65_536)}`,
      `--fsize=${within('Max file size', limits.diskBytes)}`,
    ];
    const countable = uid !== undefined || isolation === 'bubblewrap';
    return countable ? [...flags, `--nproc=${within('Max processes', limits.processes * 4)}`] : flags;
  }
}

const noCapabilities = ['--inh-caps=-all', '--bounding-set=-all'];

function bubblewrapFlags({ uid, folders, toolchain, readable, build }: Enclosure): string[] {
  const rights =
    uid === undefined
      ? ['--unshare-user', '--uid', String(process.getuid?.()), '--gid', String(process.getgid?.())]
      : ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'];
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--new-session'],
    ...['--hostname', 'app', '--json-status-fd', '3', ...(build ? ['--die-with-parent'] : []), ...rights],
    ...system(),
    ...['--ro-bind', join(folders.etc, 'passwd'), '/etc/passwd', '--ro-bind', join(folders.etc, 'group'), '/etc/group'],
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
    ...[...toolchain, ...readable].flatMap(visible),
    ...[folders.appWritable ? '--bind' : '--ro-bind', folders.app, '/app', '--bind', folders.data, '/data'],
    ...(folders.cache ? ['--bind', folders.cache, '/cache'] : []),
  ];
}

/** The read-only system: programs and libraries, and of `/etc` what looking up names and trusting certificates needs. */
function system(): string[] {
  const roots = ['/bin', '/sbin', '/lib', '/lib32', '/lib64'].filter((path) => existsSync(path));
  const etc = 'resolv.conf hosts nsswitch.conf host.conf gai.conf services protocols localtime ssl pki ca-certificates';
  const more = 'ld.so.cache ld.so.conf ld.so.conf.d alternatives mime.types fonts';
  const settings = `${etc} ${more}`.split(' ').map((name) => `/etc/${name}`);
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...roots.flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
    ),
    ...['--perms', '0755', '--dir', '/etc'],
    ...settings.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path]),
  ];
}

/** Binds a path under its own name. Its parents are made first: bubblewrap makes them unreadable by itself. */
function visible(path: string): string[] {
  if (path.startsWith('/usr/') || path.startsWith('/etc/')) return [];
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) parents.unshift(parent);
  return [...parents.flatMap((parent) => ['--perms', '0755', '--dir', parent]), '--ro-bind', path, path];
}

/** What descriptor 4 gives: assignments for a POSIX shell. Names that are no shell names are refused by the way in. */
export function environmentText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`,
  );
  return `${lines.join('\n')}\nsteading_complete=1\n`;
}

/** Folders that hold this house's Node, npm and pnpm. */
export function toolchainFolders(execPath: string): string[] {
  const prefix = dirname(dirname(execPath));
  return ['bin', 'lib', 'include'].map((name) => join(prefix, name)).filter((path) => existsSync(path));
}

/** A limit may be lowered, never raised above the hard one that this house was given. */
function within(name: string, wanted: number): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? wanted : Math.min(wanted, Number(hard));
}
