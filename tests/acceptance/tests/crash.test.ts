import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { absentCompute } from '#src/absent-compute-behaviour.ts';
import { serverApp } from '#src/app-sources.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, type Shape, shapes, startShape } from '#src/shapes.ts';

let house: RunningShape;
let git: GitServer;
let operator: Person;
let app: MadeApp;
let repository: Awaited<ReturnType<GitServer['repository']>>;

/** Slow at starting, so that the old instances and the new overlap. */
function slowApp(text: string): Record<string, string> {
  const files = serverApp(text);
  return {
    ...files,
    'package.json': JSON.stringify({
      name: 'app',
      private: true,
      type: 'module',
      scripts: { build: 'sleep 1', start: 'node server.js' },
    }),
    'server.js': `await new Promise((resolve) => setTimeout(resolve, 800));\n${files['server.js']}`,
  };
}

describe.each(byLength<readonly Shape[]>({ quick: ['one process'], long: shapes }))('%s', (shape) => {
  beforeAll(async () => {
    [house, git] = await Promise.all([startShape(shape), startGitServer()]);
    operator = await claimHouse(house.url, house.setupToken);
    repository = await git.repository('crashing');
    await repository.commit(slowApp('version 0'));
    app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
    expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
  });
  afterAll(async () => {
    await house?.stop();
    await git?.stop();
  });

  test('the app itself killed: it is started again, and only what could not be asked twice fails', async () => {
    const [killed = ''] = programs();
    expect(killed).not.toBe('');
    const underWay = visit(house, app.host, '/slow', { method: 'POST' });
    const repeatable = visit(house, app.host, '/slow');
    await waitFor('both to be under way', async () => (await visit(house, app.host, '/under-way')).text === '2');
    process.kill(Number(killed), 'SIGKILL');
    expect((await underWay).status).toBe(502);
    expect(await repeatable).toMatchObject({ status: 200 });
    expect(await visit(house, app.host)).toMatchObject({ status: 200 });
    const { app: seen } = await operator.graph<{ app: { instances: { state: string; restarts: number }[] } }>(
      'query ($id: ID!) { app(id: $id) { instances { state restarts } } }',
      { id: app.id },
    );
    expect(seen.instances).toMatchObject([{ state: 'healthy', restarts: 1 }]);
    expect(programs()).toHaveLength(1);
    expect(programs()).not.toContain(killed);
  });

  test('killed while the old instances drain: after the restart they are stopped, and the new one stays', async () => {
    await operator.graph('mutation ($id: ID!) { updateApp(id: $id, input: { runtime: { drainSeconds: 5 } }) { id } }', {
      id: app.id,
    });
    await repository.commit(slowApp('after the drain'));
    expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
    expect(programs()).toHaveLength(2);
    await house.kill();
    expect(programs()).toHaveLength(2);
    await house.start();
    expect(await visit(house, app.host)).toEqual({ status: 200, text: 'after the drain' });
    await waitFor('the old one to be stopped', () => programs().length === 1, { timeoutMs: 15_000 });
    expect(await visit(house, app.host)).toEqual({ status: 200, text: 'after the drain' });
  });

  test('after all of it, only the live generation runs and no build folder is left', async () => {
    const { app: seen } = await operator.graph<{
      app: { live: { id: string }; instances: { generation: string; state: string }[] };
    }>('query ($id: ID!) { app(id: $id) { live { id } instances { generation state } } }', { id: app.id });
    await waitFor('one instance', () => appProcesses().length <= 3, { timeoutMs: 20_000 });
    expect(seen.instances.filter((each) => each.state === 'healthy').map((each) => each.generation)).toEqual([
      seen.live.id,
    ]);
    for (const folder of [join(house.dataDir, 'compute', 'builds'), join(house.dataDir, 'deploy', 'work')])
      expect(list(folder)).toEqual([]);
  });

  test('removed, it leaves no process', async () => {
    await operator.graph('mutation ($id: ID!) { removeApp(id: $id) }', { id: app.id });
    await waitFor('every process of the app to be gone', () => appProcesses().length === 0, { timeoutMs: 20_000 });
    await waitFor('its releases to be gone', () => list(join(house.dataDir, 'compute', 'releases')).length === 0);
  });
});

/** The processes of the app's program, by the mark that every instance of this house bears. */
function programs(): string[] {
  const tag = readFileSync(join(house.dataDir, 'compute', 'house-tag'), 'utf8');
  return readdirSync('/proc').filter((pid) => {
    try {
      const isProgram = readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'node\0server.js\0';
      return isProgram && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`STEADING_INSTANCE=${tag}.`);
    } catch {
      return false;
    }
  });
}

/** Processes whose command line is the app's, wherever they hang in the process tree. */
function appProcesses(): string[] {
  return readdirSync('/proc')
    .filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes(house.dataDir) || readlinkSync(`/proc/${pid}/cwd`).includes(house.dataDir);
      } catch {
        return false;
      }
    })
    .filter((pid) => !house.processes.some((each) => String(each.pid) === pid));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

if (byLength({ quick: false, long: true })) absentCompute();
