/**
 * A house with an embedded PostgreSQL and one app, and all that can go wrong with it while a deployment is under way.
 * As root, its folder is a small file system of its own, so that it can be full.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEmbeddedPostgres } from '@steading/db';
import { findRemains, type Remains, startGitServer, waitFor } from '@steading/testkit';
import { expect } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, type DeploymentView, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, type Shape, type ShapeOptions, startShape } from '#src/shapes.ts';

export const canFillDisk = process.platform === 'linux' && process.getuid?.() === 0;
const diskMegabytes = 700;

export const faultStates = ['queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live'] as const;
export type FaultState = (typeof faultStates)[number];
const order: readonly string[] = [...faultStates, 'failed', 'cancelled', 'superseded'];

export interface FaultHouse {
  readonly house: RunningShape;
  readonly operator: Person;
  readonly app: MadeApp;
  /** Commits a version that answers this, and asks for its deployment; gives the deployment's id. */
  deploy(text: string): Promise<string>;
  /** Resolves when the deployment is in this state or has passed it. */
  until(id: string, state: FaultState): Promise<void>;
  end(id: string): Promise<DeploymentView>;
  answer(): Promise<string>;
  /** Ids of the instances, of whatever state and version. */
  instances(): Promise<string[]>;
  remains(): Promise<Remains>;
  /** What must hold when nothing is under way: one instance of the live version, all of it known, and nothing else. */
  expectOnlyTheLive(): Promise<void>;
  stop(): Promise<void>;
}

export interface FaultHouseOptions {
  /** Default: one process, with an embedded PostgreSQL on a small disk. In several, the database is the run's. */
  readonly shape?: Shape;
  readonly split?: ShapeOptions['split'];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 1. */
  readonly buildSeconds?: number;
}

/** Slow at building and at starting, so that every state lasts long enough to be hit. */
function slowApp(text: string, buildSeconds = 1): Record<string, string> {
  const files = serverApp(text);
  const scripts = { build: `sleep ${buildSeconds}`, start: 'node server.js' };
  return {
    ...files,
    'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', scripts }),
    'server.js': `await new Promise((resolve) => setTimeout(resolve, 600));\n${files['server.js']}`,
  };
}

export async function startFaultHouse(options: FaultHouseOptions = {}): Promise<FaultHouse> {
  const disk = canFillDisk && options.shape !== 'several processes' ? mountSmallDisk() : undefined;
  try {
    return await startOn(disk, options);
  } catch (error) {
    if (disk) unmount(disk);
    throw error;
  }
}

async function startOn(disk: string | undefined, options: FaultHouseOptions): Promise<FaultHouse> {
  const { shape = 'one process', split, env, buildSeconds } = options;
  const isSplit = shape === 'several processes';
  const git = await startGitServer();
  const settings = {
    ...(!isSplit && { DATABASE_URL: undefined }),
    STEADING_REQUESTS_PER_MINUTE: '100000',
    STEADING_DEPLOY_STARTS_PER_MINUTE: '600',
    ...(disk && { STEADING_DATA: disk }),
    ...env,
  };
  const house = await startShape(shape, settings, { ...(split && { split }) });
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('faulty');
  await repository.commit(slowApp('the first', buildSeconds));
  const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
  const remains = async () => {
    const databaseUrl = isSplit ? house.databaseUrl : await findEmbeddedPostgres(join(house.dataDir, 'postgres'));
    const pids = house.processes.flatMap(({ pid }) => pid ?? []);
    return findRemains({ dataDir: house.dataDir, house: pids, ...(databaseUrl && { databaseUrl }) });
  };

  return {
    house,
    operator,
    app,
    remains,
    async deploy(text) {
      await repository.commit(slowApp(text, buildSeconds));
      return startDeployment(operator, app.id);
    },
    async until(id, state) {
      const reached = async () => {
        const asked = 'query ($id: ID!) { deployment(id: $id) { state } }';
        const { deployment } = await operator.graph<{ deployment: { state: string } }>(asked, { id });
        return order.indexOf(deployment.state) >= order.indexOf(state);
      };
      await waitFor(`the state ${state}`, reached, { everyMs: 5, timeoutMs: 60_000 });
    },
    end: (id) => deploymentEnds(operator, id, 120_000),
    answer: async () => (await visit(house, app.host)).text,
    instances: async () => (await instancesOf(operator, app)).seen.map(({ id }) => id),
    async expectOnlyTheLive() {
      const isSo = async () => expectOnly(await remains(), await liveInstances(operator, app));
      // The last look tells what is wrong.
      await waitFor('nothing to be left', isSo, { timeoutMs: 20_000, everyMs: 100 }).catch(isSo);
    },
    async stop() {
      await house.stop();
      await git.stop();
      if (disk) unmount(disk);
    },
  };
}

interface Seen {
  readonly live: string | undefined;
  readonly seen: readonly { readonly id: string; readonly generation: string; readonly state: string }[];
}

async function instancesOf(person: Person, app: MadeApp): Promise<Seen> {
  const asked = 'query ($id: ID!) { app(id: $id) { live { id } instances { id generation state } } }';
  const answer = await person.graph<{ app: { live: { id: string } | null; instances: Seen['seen'] } }>(asked, {
    id: app.id,
  });
  return { live: answer.app.live?.id, seen: answer.app.instances };
}

async function liveInstances(person: Person, app: MadeApp): Promise<string[]> {
  const { live, seen } = await instancesOf(person, app);
  for (const { generation, state } of seen) {
    expect(state).toBe('healthy');
    // A rollout that was taken back runs the live version under a generation of its own.
    expect(generation === live || generation.endsWith('r')).toBe(true);
  }
  return seen.map(({ id }) => id);
}

function expectOnly(remains: Remains, instances: readonly string[]): boolean {
  expect(instances).toHaveLength(1);
  expect(remains).toEqual({
    running: instances,
    listening: [expect.any(Number)],
    heldPorts: remains.listening,
    groups: remains.groups.length === 0 ? [] : instances,
    instances,
    work: [],
    releases: remains.knownReleases,
    knownReleases: remains.knownReleases,
    leases: [],
    unfinished: [],
    chores: [],
  } satisfies Record<keyof Remains, unknown>);
  return true;
}

function mountSmallDisk(): string {
  const folder = mkdtempSync(join(tmpdir(), 'steading-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m,mode=0711`, 'none', folder]);
  chmodSync(folder, 0o711);
  return folder;
}

function unmount(folder: string): void {
  // Lazily: this process holds the house's log open.
  execFileSync('umount', ['-l', folder]);
  rmdirSync(folder);
}
