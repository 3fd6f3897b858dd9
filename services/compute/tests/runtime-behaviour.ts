import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Id, newId } from '@steading/kit';
import { expect, test } from 'vitest';
import type { BuildEvent, BuildOrder, Desired, LogLine, RolloutView, Runtime } from '#src/runtime/runtime.ts';

/** What a runtime under test is given by its own test file. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** A new empty folder. */
  folder(): string;
}

/** What every engine must do. `process` passes it here; an engine of containers passes the same. */
export function runtimeBehaviour(under: () => RuntimeUnderTest): void {
  const of = () => under().runtime;

  async function release(appId: string, files: Record<string, string>): Promise<string> {
    const events = await build(of(), order(under().folder(), appId, files));
    const end = events.at(-1)!;
    if (end.kind !== 'done') throw new Error(`not built: ${JSON.stringify(end)}`);
    return end.releaseId;
  }

  test('says how well apps are kept apart', () => {
    expect(of().description.isolationText.length).toBeGreaterThan(40);
  });

  test('builds a release, runs it, and answers at its address', async () => {
    const appId = newId('app');
    const desired = desiredFor(appId, await release(appId, { 'app.js': server('one') }));
    await of().apply(desired);
    expect((await ended(of(), desired)).state).toBe('healthy');
    expect(await ask(of(), appId)).toBe('one');
    await of().removeApp(appId);
    expect(of().instances(appId)).toEqual([]);
  });

  test('puts a new generation in the place of the old one without a moment of neither', async () => {
    const appId = newId('app');
    const first = desiredFor(appId, await release(appId, { 'app.js': server('one') }));
    await of().apply(first);
    await ended(of(), first);
    const seen = new Set<string>();
    const second = desiredFor(appId, await release(appId, { 'app.js': server('two') }), { drainMs: 200 });
    await of().apply(second);
    const rollout = ended(of(), second);
    for (let done = false; !done; ) {
      done = await Promise.race([rollout.then(() => true), ask(of(), appId).then((body) => !seen.add(body))]);
    }
    expect(await ask(of(), appId)).toBe('two');
    expect([...seen].every((text) => text === 'one' || text === 'two')).toBe(true);
    await until(() =>
      of()
        .instances(appId)
        .every((view) => view.generation === second.generation),
    );
    await of().removeApp(appId);
  });

  test('keeps the old generation when a new one dies, and gives its last lines', async () => {
    const appId = newId('app');
    const first = desiredFor(appId, await release(appId, { 'app.js': server('one') }));
    await of().apply(first);
    await ended(of(), first);
    const bad = desiredFor(appId, await release(appId, { 'app.js': 'console.error("no database"); process.exit(3)' }));
    await of().apply(bad);
    const end = await ended(of(), bad);
    expect(end.state).toBe('failed');
    expect(end.reason).toContain('code 3');
    expect(end.lastLines.map((line) => line.text)).toContain('no database');
    expect(
      of()
        .instances(appId)
        .map((view) => view.generation),
    ).toEqual([first.generation]);
    expect(await ask(of(), appId)).toBe('one');
    await of().removeApp(appId);
  });

  test('a newer apply supersedes a rollout that goes on', async () => {
    const appId = newId('app');
    const slow = desiredFor(appId, await release(appId, { 'app.js': 'setInterval(() => {}, 1000)' }));
    const quick = desiredFor(appId, await release(appId, { 'app.js': server('quick') }));
    await of().apply(slow);
    await of().apply(quick);
    expect((await ended(of(), slow)).reason).toContain('superseded');
    expect((await ended(of(), quick)).state).toBe('healthy');
    expect(
      of()
        .instances(appId)
        .map((view) => view.generation),
    ).toEqual([quick.generation]);
    await of().removeApp(appId);
  });

  test('an aborted rollout leaves nothing', async () => {
    const appId = newId('app');
    const slow = desiredFor(appId, await release(appId, { 'app.js': 'setInterval(() => {}, 1000)' }));
    await of().apply(slow);
    await of().abort(appId, slow.generation, 'cancelled by Ada');
    expect(await ended(of(), slow)).toMatchObject({ state: 'failed', reason: 'cancelled by Ada' });
    expect(of().instances(appId)).toEqual([]);
    await of().removeApp(appId);
  });

  test('starts an instance again that ended', async () => {
    const appId = newId('app');
    const desired = desiredFor(appId, await release(appId, { 'app.js': server('one') }));
    await of().apply(desired);
    await ended(of(), desired);
    await ask(of(), appId, '/exit').catch(() => {});
    await until(() =>
      of()
        .instances(appId)
        .some((view) => view.restarts === 1 && view.state === 'healthy'),
    );
    expect(await ask(of(), appId)).toBe('one');
    await of().removeApp(appId);
  });

  test('gives exactly the variables that were asked for, and none of the house', async () => {
    const appId = newId('app');
    const releaseId = await release(appId, { 'app.js': server('', 'JSON.stringify(process.env)') });
    const environment = { GREETING: `it's "$HOME"\nand more`, LD_PRELOAD: '' };
    const desired = desiredFor(appId, releaseId, { environment });
    await of().apply(desired);
    await ended(of(), desired);
    const seen = JSON.parse(await ask(of(), appId)) as Record<string, string>;
    expect(seen).toMatchObject({ ...environment, NODE_ENV: 'production', HOST: '127.0.0.1' });
    const standard = 'GREETING HOME HOST LD_PRELOAD NODE_ENV OLDPWD PATH PORT PWD STEADING_INSTANCE TMPDIR'.split(' ');
    expect(Object.keys(seen).filter((name) => !standard.includes(name))).toEqual([]);
    await of().removeApp(appId);
  });

  test('keeps what an app prints, numbered, with secrets cut out, and follows', async () => {
    const appId = newId('app');
    const source = `console.log('key is hunter2-hunter2'); ${server('x')}`;
    const desired = desiredFor(appId, await release(appId, { 'app.js': source }));
    await of().apply(desired);
    await ended(of(), desired);
    const lines = await linesUntil(of(), appId, (all) => all.some((line) => line.text.startsWith('key is')));
    expect(lines.find((line) => line.text.startsWith('key is'))?.text).toBe('key is [secret]');
    const positions = lines.map((line) => line.position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    await of().removeApp(appId);
  });

  test('serves a folder of files, and nothing beside it', async () => {
    const appId = newId('app');
    const files = { 'index.html': '<h1>Garden</h1>', '404.html': 'lost', '.env': 'SECRET=1', 'a b.css': 'x{}' };
    const desired = desiredFor(appId, await release(appId, files), { command: [] });
    await of().apply(desired);
    await ended(of(), desired);
    expect(await ask(of(), appId)).toContain('Garden');
    for (const path of ['/.env', '/../../release.json', '/%2e%2e/release.json', '/..%2frelease.json', '/none'])
      expect(await ask(of(), appId, path), path).toBe('lost');
    expect(await ask(of(), appId, '/a%20b.css')).toBe('x{}');
    await of().removeApp(appId);
  });

  test('a build made anew takes the place of the release that an earlier one left', async () => {
    const appId = newId('app');
    const releaseId = newId('rel');
    const made = async (text: string) => {
      const end = (await build(of(), { ...order(under().folder(), appId, { 'index.html': text }), releaseId })).at(-1);
      expect(end).toMatchObject({ kind: 'done', releaseId });
    };
    await made('the first');
    await made('the second');
    const desired = desiredFor(appId, releaseId, { command: [] });
    await of().apply(desired);
    expect((await ended(of(), desired)).state).toBe('healthy');
    expect(await ask(of(), appId)).toBe('the second');
    await of().removeApp(appId);
  });

  test('a cancelled build is gone within 5 s', async () => {
    const appId = newId('app');
    const cancel = new AbortController();
    const script =
      'require("child_process").spawn(process.execPath, ["-e", "setInterval(()=>{},1e3)"], {detached:true}).unref(); console.log("up"); setInterval(()=>{},1e3)';
    const events: BuildEvent[] = [];
    let cancelledAt = 0;
    for await (const event of of().build(
      order(under().folder(), appId, { 'b.js': script }, ['node', 'b.js']),
      cancel.signal,
    )) {
      events.push(event);
      if (event.kind === 'output' && event.lines.some(({ text }) => text === 'up')) {
        cancelledAt = Date.now();
        cancel.abort();
      }
    }
    expect(Date.now() - cancelledAt).toBeLessThan(5_000);
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'cancelled' });
    await of().removeApp(appId);
  });

  const hostile: [name: string, script: string, code: string, change: Partial<BuildOrder>][] = [
    ['never ends', 'setInterval(() => {}, 1000)', 'timeout', { timeoutMs: 1_000 }],
    [
      'prints without end',
      'const s = "x".repeat(99)+"\\n"; const f=()=>{while(process.stdout.write(s.repeat(1000)));process.stdout.once("drain",f)};f()',
      'too-large',
      {},
    ],
    ['eats memory', 'const all=[]; setInterval(()=>all.push(Buffer.alloc(2**24,1)),5)', 'out-of-memory', {}],
    ['fails', 'process.exit(7)', 'step-failed', {}],
  ];
  test.each(hostile)(
    'stops a build that %s',
    async (_name, script, code, change) => {
      const appId = newId('app');
      const asked = { ...order(under().folder(), appId, { 'b.js': script }, ['node', 'b.js']), ...change };
      const events = await build(of(), asked);
      expect(events.at(-1)).toMatchObject({ kind: 'failed', code });
      await of().removeApp(appId);
    },
    120_000,
  );
}

const noLimits = { cpuMillis: 0, memoryBytes: 0, processes: 0, diskBytes: 0 };
export const buildLimits = { cpuMillis: 1_000, memoryBytes: 256 * 2 ** 20, processes: 128, diskBytes: 2 ** 30 };

/** A program that answers with a text, and ends when it is asked to. */
export function server(text: string, expression = JSON.stringify(text)): string {
  return `require('node:http').createServer((q, a) => { if (q.url === '/exit') process.exit(1); a.end(${expression}); }).listen(process.env.PORT, process.env.HOST);`;
}

export function desiredFor(appId: string, releaseId: string, change: Partial<Desired> = {}): Desired {
  const health = { httpPath: '', command: [], intervalMs: 1_000, timeoutMs: 2_000, startPeriodMs: 20_000 };
  return {
    ...{ appId, generation: newId('dep'), releaseId, command: ['node', 'app.js'], singlePage: false, environment: {} },
    ...{ masked: ['hunter2-hunter2'], replicas: 1, health, limits: noLimits, drainMs: 100, stopGraceMs: 2_000 },
    ...change,
  };
}

export function order(
  folder: string,
  appId: string,
  files: Record<string, string>,
  argv?: readonly string[],
): BuildOrder {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return {
    ...{ buildId: newId('bld'), appId, sourcePath: folder, steps: argv ? [{ name: 'build', argv }] : [] },
    ...{ environment: {}, masked: [], limits: buildLimits, timeoutMs: 60_000, outputPath: '' },
    releaseId: newId('rel'),
  };
}

export async function build(runtime: Runtime, asked: BuildOrder): Promise<BuildEvent[]> {
  const events: BuildEvent[] = [];
  for await (const event of runtime.build(asked, new AbortController().signal)) {
    events.push(event);
    if (events.length > 2_000) events.shift();
  }
  return events;
}

export async function ended(runtime: Runtime, { appId, generation }: Desired): Promise<RolloutView> {
  let last: RolloutView | undefined;
  for await (const view of runtime.watch(appId, generation, AbortSignal.timeout(25_000))!) last = view;
  return last!;
}

/** Asks a healthy instance of the newest generation, as the edge does. */
export function ask(runtime: Runtime, appId: string, path = '/'): Promise<string> {
  const healthy = runtime.instances(appId).filter((view) => view.state === 'healthy');
  const newest = healthy.toSorted((a, b) => (a.generation as Id).localeCompare(b.generation)).at(-1);
  if (!newest) return Promise.reject(new Error('nothing is healthy'));
  const [host, port] = newest.address.split(':');
  return new Promise((resolve, reject) => {
    get({ host, port, path, agent: false }, (answer) => resolve(text(answer))).once('error', reject);
  });
}

async function linesUntil(runtime: Runtime, appId: string, enough: (all: LogLine[]) => boolean): Promise<LogLine[]> {
  const all: LogLine[] = [];
  const options = { after: 0, follow: true, tail: 0, masked: ['hunter2-hunter2'] };
  const stop = new AbortController();
  for await (const batch of runtime.logs(appId, options, AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]))) {
    all.push(...batch.lines);
    if (enough(all)) stop.abort();
  }
  return all;
}

export async function until(condition: () => boolean, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
