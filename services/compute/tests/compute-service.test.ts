import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstancesChanged } from '@steading/contracts/compute-events';
import { ComputeService } from '@steading/contracts/rpc/compute';
import { createPool } from '@steading/db';
import { forestService } from '@steading/forest-service';
import { anonymous, createLog, newId, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { as, createRpc } from '@steading/rpc';
import { startTestHouse, type TestHouse } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { computeService } from '#src/service.ts';
import { server } from './runtime-behaviour.ts';

describe('the compute service', () => {
  let house: TestHouse;
  let source: string;
  const caller = serviceCaller('deploy', newRequestId());

  beforeAll(async () => {
    source = mkdtempSync(join(tmpdir(), 'steading-source-'));
    writeFileSync(join(source, 'app.js'), server('hello'));
    house = await startTestHouse({ services: [forestService, computeService] });
  });

  afterAll(async () => {
    await house?.close();
    rmSync(source, { recursive: true, force: true });
  });

  const client = () => house.context('compute').rpc.client(ComputeService);
  const options = () => as(caller, { timeoutMs: 30_000 });

  async function releaseOf(appId: string): Promise<string> {
    for await (const { event } of client().build({ buildId: newId('bld'), appId, sourcePath: source }, options()))
      if (event.case === 'done') return event.value.releaseId;
    throw new Error('not built');
  }

  async function rollOut(appId: string, command: string[]): Promise<string> {
    const generation = newId('dep');
    const spec = {
      releaseId: await releaseOf(appId),
      command,
      replicas: 1,
      drainMs: 100n,
      environment: { KEY: 'hunter2-hunter2' },
    };
    await client().apply({ appId, generation, spec: { ...spec, masked: ['hunter2-hunter2'] } }, options());
    let state = '';
    for await (const view of client().watchRollout({ appId, generation }, options())) state = view.state;
    expect(state).toBe('healthy');
    return generation;
  }

  test('says what it runs apps on', async () => {
    expect(await client().getRuntime({}, options())).toMatchObject({ name: 'process', builders: ['static', 'node'] });
  });

  test('refuses people', async () => {
    await expect(client().listInstances({}, as(anonymous(newRequestId())))).rejects.toThrow(/services/);
  });

  test('refuses ids that are paths, and folders outside the source', async () => {
    const ask = async (change: object) => {
      for await (const _ of client().build(
        { buildId: newId('bld'), appId: newId('app'), sourcePath: source, ...change },
        options(),
      ));
    };
    await expect(ask({ appId: '../../etc' })).rejects.toThrow(/appId/);
    await expect(ask({ outputPath: '../..' })).rejects.toThrow(/outputPath/);
    await expect(ask({ environment: { 'A;id': 'x' } })).rejects.toThrow(/environment/);
  });

  test('refuses a release of another app, and a generation older than the newest', async () => {
    const [mine, other] = [newId('app'), newId('app')];
    const old = newId('dep');
    const releaseId = await releaseOf(other);
    const spec = { releaseId, command: ['node', 'app.js'] };
    await expect(client().apply({ appId: mine, generation: newId('dep'), spec }, options())).rejects.toThrow(/release/);
    await rollOut(other, ['node', 'app.js']);
    await expect(client().apply({ appId: other, generation: old, spec }, options())).rejects.toThrow(/newer/);
    await client().removeApp({ appId: other }, options());
    expect((await client().listInstances({ appId: other }, options())).instances).toEqual([]);
  });

  test('cannot be reached before it has started, which is nobody’s fault', async () => {
    const parts = await computeService.create(house.context('compute') as never);
    const offers = new Map([['steading.compute.v1.ComputeService', ['compute']]]);
    const rpc = createRpc({ log: createLog({ level: 'silent' }), clock: systemClock, offers });
    rpc.register('compute', parts.rpc ?? []);
    const early = rpc.clients.client(ComputeService).listInstances({ appId: '' }, options());
    await expect(early).rejects.toMatchObject({ code: 'unavailable' });
    await rpc.stop();
  });

  test('tells where an app runs as soon as that can be stored, however long it could not be', async () => {
    const told: string[][] = [];
    const hear = ({ data }: { data: unknown }) =>
      told.push(InstancesChanged.schema.parse(data).instances.map(({ id }) => id));
    const listening = house.context('compute').bus.broadcast([InstancesChanged], hear, () => {});
    const appId = newId('app');
    const generation = await rollOut(appId, ['node', 'app.js']);
    const pool = createPool({ url: house.database.url, max: 1, log: createLog({ level: 'silent' }) });
    const instances = async () => (await client().listInstances({ appId }, options())).instances.map(({ id }) => id);
    const before = await instances();
    await pool.query('alter table compute.revisions rename to revisions_away');
    try {
      // Its end is told when it is stored.
      const rolling = rollOut(appId, ['node', 'app.js']);
      await expect
        .poll(async () => (await instances()).some((id) => before.includes(id)), { timeout: 20_000 })
        .toBe(false);
      // Whatever is given up is given up by now: this is answered when nothing waits to be stored.
      const quiet = (async () => {
        for await (const _ of client().watchRollout({ appId, generation }, options()));
      })();
      await Promise.race([quiet, new Promise((resolve) => setTimeout(resolve, 500))]);
      await pool.query('alter table compute.revisions_away rename to revisions');
      await Promise.all([rolling, quiet]);
      await expect.poll(() => told.at(-1), { timeout: 20_000 }).toEqual(await instances());
    } finally {
      await listening.stop();
      await pool.end();
      await client().removeApp({ appId }, options());
    }
  }, 60_000);

  test('is where it was after the house was stopped and started', async () => {
    const appId = newId('app');
    const generation = await rollOut(appId, ['node', 'app.js']);
    await house.stop();
    house = await startTestHouse({ services: [forestService, computeService], over: house });
    await expect
      .poll(async () => (await client().listInstances({ appId }, options())).instances, { timeout: 10_000 })
      .toMatchObject([{ generation, state: 'healthy' }]);
    const [instance] = (await client().listInstances({ appId }, options())).instances;
    expect(Number(instance!.memoryBytes)).toBeGreaterThan(2 ** 20);
    expect(await (await fetch(`http://${instance!.address}/`)).text()).toBe('hello');
    await client().removeApp({ appId }, options());
  });
});
