/** A house of containers, as whoever asks it sees it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenHouse } from '@steading/acceptance';
import { waitFor } from '@steading/testkit';
import type { Docker } from '#src/docker.ts';

/** A container of a service of the stack. */
export interface Task {
  readonly id: string;
  readonly name: string;
}

/** Containers that run of a service, the newest first. */
export async function containersOf(
  docker: Docker,
  service: string,
  by: 'swarm' | 'compose' = 'swarm',
): Promise<Task[]> {
  const label =
    by === 'swarm' ? `com.docker.swarm.service.name=steading_${service}` : `com.docker.compose.service=${service}`;
  const said = await docker.run([...['ps', '--filter', `label=${label}`], ...['--format', '{{.ID}} {{.Names}}']]);
  return said
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ id: line.split(' ')[0]!, name: line.split(' ')[1]! }));
}

export async function setupToken(docker: Docker, container: string): Promise<string> {
  const link = await docker.run(['exec', container, 'cat', '/data/setup-link']);
  return new URL(link).hash.slice(1);
}

/** Of all layers of the image, as Docker counts: millions of bytes. */
export const imageLimitMegabytes = 250;

/** MB as Docker counts them, of an image and of each of its layers. */
export async function imageSizes(docker: Docker, image: string): Promise<{ total: number; layers: number[] }> {
  const total = Number(await docker.run(['image', 'inspect', '--format', '{{.Size}}', image])) / 1e6;
  const history = await docker.run(['history', '--human=false', '--format', '{{.Size}}', image]);
  const layers = history
    .split('\n')
    .map((size) => Number(size) / 1e6)
    .filter((size) => size > 0);
  return { total, layers };
}

export interface Used {
  readonly name: string;
  readonly megabytes: number;
}

/** Memory of each container now, as Docker counts it. */
export async function memoryOf(docker: Docker): Promise<Used[]> {
  const said = await docker.run(['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}']);
  return said.split('\n').map((line) => {
    const [name = '', used = ''] = line.split(' ');
    const [, figure = '0', unit] = /^([\d.]+)(\w+)/.exec(used) ?? [];
    return {
      name: name.split('.')[0]!,
      megabytes: Number(figure) * (unit === 'GiB' ? 1_073.7 : unit === 'MiB' ? 1.0486 : 0.001),
    };
  });
}

/** What a container may do, as deploy/README.md says for a whole house in one. */
const closed = [
  ...['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  // Without these two apps run, but are not kept apart.
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'systempaths=unconfined'],
];

/** Waits until Docker says so of a container. */
export async function untilHealthy(docker: Docker, container: string): Promise<void> {
  const health = () => docker.run(['inspect', '--format', '{{.State.Health.Status}}', container]);
  await waitFor(`${container} to be healthy`, async () => (await health()) === 'healthy', {
    timeoutMs: 180_000,
    everyMs: 500,
  });
}

/** A whole house in one container, which has this machine's network; ready when it is healthy. */
export async function startInContainer(
  docker: Docker,
  options: { image: string; name: string; port: number; env?: Readonly<Record<string, string>> },
): Promise<OpenHouse> {
  const { image, name, port } = options;
  const url = `http://localhost:${port}`;
  const settings = { STEADING_HTTP_PORT: String(port), STEADING_PUBLIC_URL: url, ...options.env };
  await docker.run([
    ...['run', '-d', '--name', name, '--network', 'host', '-v', `${name}:/data`, ...closed],
    ...Object.entries(settings).flatMap(([key, value]) => ['-e', `${key}=${value}`]),
    image,
  ]);
  await untilHealthy(docker, name);
  const dataDir = await docker.run(['volume', 'inspect', '--format', '{{.Mountpoint}}', name]);
  const first = Number(await docker.run(['inspect', '--format', '{{.State.Pid}}', name]));
  return {
    url,
    port,
    dataDir,
    setupToken: await setupToken(docker, name),
    databaseUrl: embeddedDatabase(join(dataDir, 'postgres')),
    root: `/proc/${first}/root`,
    pids: () => [first, ...childrenOf(first).filter(isHouse)],
    logText: () => docker.logs(name),
    stop: async () => {
      await docker.run(['rm', '--force', '--volumes', name]);
      await docker.run(['volume', 'rm', '--force', name]);
    },
  };
}

/** The house's own PostgreSQL, whose socket lies in the volume. */
function embeddedDatabase(folder: string): string {
  const password = readFileSync(join(folder, 'password'), 'utf8');
  return `postgresql://steading:${password}@/steading?host=${encodeURIComponent(join(folder, 'run'))}&port=5432`;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Below the container's first process are also those whose parents have gone. */
function isHouse(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/apps/house/src/main.ts');
  } catch {
    return false;
  }
}
