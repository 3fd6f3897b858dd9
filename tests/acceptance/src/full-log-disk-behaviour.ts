/**
 * Logs on disks of their own, as who keeps many has them, and these are full while all others have room: the table of
 * deployments' logs in a tablespace, and an app's log in a file system. What is said of them must be true meanwhile, and
 * nothing else may suffer.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, findEmbeddedPostgres } from '@steading/db';
import { createLog } from '@steading/kit';
import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { fillDisk } from '#src/fault-table.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';
import { openSubscription } from '#src/subscription.ts';

const printed = 3_000;

/** Prints much while it is built, and a numbered line every 10 ms while it runs. */
function talkativeApp(text: string): Record<string, string> {
  const build = `node -e "for (let n = 1; n <= ${printed}; n++) console.log('built ' + n)"`;
  const files = serverApp(text);
  return {
    ...files,
    'package.json': JSON.stringify({ name: 'app', type: 'module', scripts: { build, start: 'node server.js' } }),
    'server.js': `let tick = 0;\nsetInterval(() => console.log('tick ' + tick++), 10);\n${files['server.js']}`,
  };
}

export function fullLogDisk(): void {
  describe('where only the disk of logs is full', () => {
    const disks: string[] = [];
    let house: RunningShape;
    let git: GitServer;
    let repository: TestRepository;
    let operator: Person;
    let app: MadeApp;

    beforeAll(async () => {
      [house, git] = await Promise.all([startShape('one process', { DATABASE_URL: undefined }), startGitServer()]);
      operator = await claimHouse(house.url, house.setupToken);
      repository = await git.repository('talkative');
      app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 0 } });
      expect(await deploy('one')).toMatchObject({ state: 'live' });
      await moveLogTable();
      await house.end();
      moveAppLog();
      await house.start();
      await waitFor('the app', async () => (await answer()) === 'one', { timeoutMs: 60_000 });
    });
    afterAll(async () => {
      await house?.end();
      for (const disk of disks) execFileSync('umount', ['-l', disk]);
      await house?.stop();
      await git?.stop();
      for (const disk of disks) if (disk.startsWith(tmpdir())) rmSync(disk, { recursive: true, force: true });
    });

    async function deploy(text: string) {
      await repository.commit(talkativeApp(text));
      return deploymentEnds(operator, await startDeployment(operator, app.id), 120_000);
    }
    const answer = async () => (await visit(house, app.host)).text;

    function mountDisk(folder: string, megabytes: number): string {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'none', folder]);
      disks.push(folder);
      return folder;
    }

    async function moveLogTable(): Promise<void> {
      const postgres = join(house.dataDir, 'postgres');
      const disk = mountDisk(mkdtempSync(join(tmpdir(), 'steading-log-table-')), 4);
      const { uid, gid } = statSync(join(postgres, 'data'));
      chownSync(disk, uid, gid);
      const url = (await findEmbeddedPostgres(postgres))!;
      const pool = createPool({ url, max: 1, log: createLog({ level: 'silent' }) });
      await pool.query(`create tablespace of_logs location '${disk}'`);
      await pool.query('alter table deploy.log_lines set tablespace of_logs');
      await pool.query('alter index deploy.log_lines_pkey set tablespace of_logs');
      await pool.end();
    }

    function moveAppLog(): void {
      const folder = join(house.dataDir, 'compute/apps', app.id, 'logs');
      const kept = mkdtempSync(join(tmpdir(), 'steading-app-log-'));
      cpSync(folder, kept, { recursive: true });
      mountDisk(folder, 2);
      cpSync(kept, folder, { recursive: true });
      rmSync(kept, { recursive: true });
    }

    type Line = { position: number; stream: string; text: string };

    async function deploymentLog(id: string): Promise<Line[]> {
      const asked = `query ($id: ID!, $after: Int!) {
        deployment(id: $id) { log(after: $after, limit: 2000) { lines { position stream text } last more } } }`;
      const lines: Line[] = [];
      for (let after = 0; ; ) {
        type Answer = { deployment: { log: { lines: Line[]; last: number; more: boolean } } };
        const { log } = (await operator.graph<Answer>(asked, { id, after })).deployment;
        lines.push(...log.lines);
        after = log.last;
        if (!log.more) return lines;
      }
    }

    async function appLog(): Promise<Line[]> {
      const query = `subscription ($id: ID!) {
        appLog(appId: $id, follow: false) { lines { position stream text } } }`;
      const headers = { cookie: operator.cookie(), origin: house.url };
      const opened = await openSubscription(house.url, { query, variables: { id: app.id } }, headers);
      await opened.ended;
      const answers = opened.answers() as { data: { appLog: { lines: Line[] } } }[];
      return answers.flatMap(({ data }) => data.appLog.lines);
    }

    const builtOf = (lines: readonly Line[]) => lines.flatMap(({ text }) => /^built (\d+)$/.exec(text)?.[1] ?? []);
    const firstNumbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

    test('a deployment is live all the same, its log says how much of it is missing, and has it when there is room', async () => {
      const filler = join(disks[0]!, 'filler');
      let id: string;
      let seen: Line[];
      try {
        fillDisk(filler);
        const ended = await deploy('two');
        expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
        expect(await answer()).toBe('two');
        id = ended.id;
        const says = async () => /lines are missing here/.test((await deploymentLog(id)).at(-1)?.text ?? '');
        await waitFor('its log to say so', says, { timeoutMs: 20_000 });
        seen = await deploymentLog(id);
      } finally {
        rmSync(filler, { force: true });
      }
      const missing = Number(/^(\d+) lines/.exec(seen.at(-1)!.text)?.[1]);
      const built = builtOf(seen);
      expect(built.length).toBeLessThan(printed);
      expect(built).toEqual(firstNumbers(built.length));
      const isWhole = async () => (await deploymentLog(id)).at(-1)?.text === 'Live.';
      await waitFor('the rest of the log', isWhole, { timeoutMs: 60_000, everyMs: 200 });
      const all = await deploymentLog(id);
      expect(all.map(({ position }) => position)).toEqual(all.map((_, index) => index + 1));
      expect(all.length).toBe(seen.length - 1 + missing);
      expect(builtOf(all)).toEqual(firstNumbers(printed));
      // What was shown before stands as it was.
      expect(all.slice(0, seen.length - 1)).toEqual(seen.slice(0, -1));
    }, 240_000);

    test('an app goes on, and its log says exactly which lines are missing', async () => {
      const ticksOf = (lines: readonly Line[]) => lines.flatMap(({ text }) => /^tick (\d+)$/.exec(text)?.[1] ?? []);
      const newest = async () => Number(ticksOf(await appLog()).at(-1));
      const before = await appLog();
      const filler = join(disks[1]!, 'filler');
      try {
        fillDisk(filler);
        const last = await newest();
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        // Full: what can be read is what was there, but for what fitted into the last page.
        expect((await newest()) - last).toBeLessThan(150);
        expect(await answer()).toBe('two');
      } finally {
        rmSync(filler, { force: true });
      }
      const from = await newest();
      await waitFor('new lines', async () => (await newest()) > from + 20, { timeoutMs: 20_000, everyMs: 200 });
      const after = await appLog();
      const stands = after.findIndex(({ position }) => position === before.at(-1)!.position);
      let expected = Number(/^tick (\d+)$/.exec(after[stands]!.text)![1]) + 1;
      let told = 0;
      for (const { stream, text } of after.slice(stands + 1)) {
        const gap = stream === 'steading' && /^(\d+|One) lines? (?:is|are) missing here/.exec(text)?.[1];
        if (gap) {
          const count = gap === 'One' ? 1 : Number(gap);
          expected += count;
          told += count;
        } else expect(text).toBe(`tick ${expected++}`);
      }
      expect(told).toBeGreaterThan(20);
    }, 120_000);
  });
}
