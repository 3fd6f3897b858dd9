/**
 * What a house has on its machine beyond its own processes and tables: what builds and apps run, and what they left.
 * Read from the outside (`/proc`, control groups, its data folder, its database), as an operator could, so that a test
 * of whatever goes wrong can say what must be there afterwards, and that nothing else is.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createPool } from '@steading/db';
import { createLog } from '@steading/kit';

export interface Remains {
  /** Ids of instances and builds that have a process, by the house's mark or control group; a folder's path for what runs in one of the house without either. */
  readonly running: string[];
  /** Ports on which such a process listens. */
  readonly listening: number[];
  /** Ports that the house keeps for instances. */
  readonly heldPorts: number[];
  /** Control groups of instances and builds. */
  readonly groups: string[];
  /** Folders of instances. */
  readonly instances: string[];
  /** Folders of builds, of sources in work, and of uploads that are looked at. */
  readonly work: string[];
  readonly releases: string[];
  /** Rows: leases on deployments, unfinished ones, what compute must still be told, and releases that are referred to. */
  readonly leases: string[];
  readonly unfinished: string[];
  readonly chores: string[];
  readonly knownReleases: string[];
}

export interface RemainsOptions {
  readonly dataDir: string;
  /** Processes of the house itself. */
  readonly house?: readonly number[];
  /** Absent: nothing is said of rows. */
  readonly databaseUrl?: string;
  /** The range of its ports, where others in the same process hold some too; default: all that are held. */
  readonly ports?: { readonly first: number; readonly last: number };
}

export async function findRemains(options: RemainsOptions): Promise<Remains> {
  const compute = join(options.dataDir, 'compute');
  const tag = readText(join(compute, 'house-tag'));
  const programs = findPrograms(options);
  const apps = names(join(compute, 'apps'));
  const within = (folder: string) => names(join(options.dataDir, folder)).map((name) => `${folder}/${name}`);
  return {
    running: unique(programs.map(({ id }) => id)),
    listening: listeningPorts(programs.map(({ pid }) => pid)),
    heldPorts: heldPorts(options),
    groups: tag === '' ? [] : findGroups(tag),
    instances: unique(apps.flatMap((app) => names(join(compute, 'apps', app, 'instances')))),
    work: ['compute/builds', 'deploy/work', 'deploy/inspections'].flatMap(within),
    releases: names(join(compute, 'releases')).sort(),
    ...(options.databaseUrl === undefined
      ? { leases: [], unfinished: [], chores: [], knownReleases: [] }
      : await findRows(options.databaseUrl)),
  };
}

/** Everything that bears the house's mark, is in one of its control groups, or has a folder of it as its own. */
export function findPrograms({ dataDir, house = [] }: RemainsOptions): { pid: number; id: string }[] {
  const tag = readText(join(dataDir, 'compute/house-tag'));
  if (tag === '') return [];
  const found: { pid: number; id: string }[] = [];
  for (const name of names('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || house.includes(pid)) continue;
    const group = new RegExp(`steading-${tag}(?:\\.builds)?/((?:ins|bld)_\\w+)`).exec(
      readText(`/proc/${pid}/cgroup`),
    )?.[1];
    const mark = new RegExp(`(?:^|\\0)STEADING_INSTANCE=${tag}\\.(\\w+)`).exec(readText(`/proc/${pid}/environ`))?.[1];
    const id = mark ?? group ?? folderOf(pid, join(dataDir, 'compute')) ?? folderOf(pid, join(dataDir, 'deploy'));
    // A zombie has neither a mark nor a folder, and runs nothing.
    if (id !== undefined && !/^State:\s*Z/m.test(readText(`/proc/${pid}/status`))) found.push({ pid, id });
  }
  return found;
}

function folderOf(pid: number, below: string): string | undefined {
  try {
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    return folder === below || folder.startsWith(`${below}/`) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function listeningPorts(pids: readonly number[]): number[] {
  const sockets = socketsOf(pids);
  const ports: number[] = [];
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of readText(table).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === '0A' && sockets.has(inode)) ports.push(Number.parseInt(local.split(':')[1]!, 16));
    }
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** A house keeps a port by an abstract socket of its name. */
function heldPorts({ house = [], ports: { first, last } = { first: 0, last: 65_535 } }: RemainsOptions): number[] {
  const sockets = socketsOf(house);
  const ports: number[] = [];
  for (const line of readText('/proc/net/unix').split('\n')) {
    const [, , , , , , inode = '', name = ''] = line.trim().split(/\s+/);
    const port = Number(/^@steading-port-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    if (port >= first && port <= last && sockets.has(inode)) ports.push(port);
  }
  return [...new Set(ports)].sort((a, b) => a - b);
}

function socketsOf(pids: readonly number[]): Set<string> {
  const found = new Set<string>();
  for (const pid of pids)
    for (const descriptor of names(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode) found.add(inode);
    }
  return found;
}

/** Version 1 has a folder for each controller, version 2 one for all; the house may be in a group of its own. */
function findGroups(tag: string): string[] {
  const root = '/sys/fs/cgroup';
  const places = [root, ...names(root).map((name) => join(root, name))];
  const parents = places
    .flatMap((place) => [`steading-${tag}`, `steading-${tag}.builds`].map((name) => join(place, name)))
    .filter((folder) => existsSync(folder));
  const groups = parents.flatMap((parent) => names(parent).filter((name) => /^(ins|bld)_/.test(name)));
  return unique(groups);
}

async function findRows(url: string): Promise<Pick<Remains, 'leases' | 'unfinished' | 'chores' | 'knownReleases'>> {
  const pool = createPool({ url, max: 1, log: createLog({ level: 'silent' }) });
  const ask = async (text: string) => (await pool.query<{ found: string }>(text)).rows.map(({ found }) => found).sort();
  try {
    const open = "state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying')";
    return {
      leases: await ask('select id as found from deploy.deployments where lease_owner is not null'),
      unfinished: await ask(`select id as found from deploy.deployments where ${open}`),
      chores: await ask("select kind || ' ' || app_id as found from deploy.chores"),
      knownReleases: await ask(
        'select distinct release_id as found from deploy.deployments where release_id is not null',
      ),
    };
  } finally {
    await pool.end();
  }
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
