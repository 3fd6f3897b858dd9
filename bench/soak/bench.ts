/**
 * A quarter of an hour of everything at once: visitors of an app by six kinds of connections, people who read, sign in
 * and out, and follow live events, and an app that is replaced each minute. Says how memory and open files of the house
 * go: the slope of the second half, when all is warm. What counts of memory is what is held: it is read right after
 * garbage was collected, once a minute, for between two collections it rises and falls by far more than any leak.
 * Limits: 60 MB and 20 files an hour, nothing lost.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  claimHouse,
  createPerson,
  deploymentEnds,
  freePorts,
  join,
  makeApp,
  openLive,
  openSubscription,
  type Person,
  password,
  startDeployment,
} from '@steading/acceptance';
import { startGitServer } from '@steading/testkit';
import { appFiles } from '../replace/app.ts';
import { startHouse } from '../replace/house.ts';
import { startLoad } from '../replace/load.ts';
import { collectGarbage } from '../sockets/collect-garbage.ts';
import { type Sample, sampleOf, slopeAnHour } from './samples.ts';

const minutes = Number(process.env.MINUTES ?? 15);
const limits = { megabytesAnHour: 60, filesAnHour: 20 };
const everyMs = 5_000;

const [inspector = 0] = await freePorts(1);
const [house, git] = await Promise.all([startHouse({}, [`--inspect=127.0.0.1:${inspector}`]), startGitServer()]);
let running = true;
try {
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('soaked');
  await repository.commit(appFiles(0));
  const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 2 } });
  const first = await deploymentEnds(operator, await startDeployment(operator, app.id));
  if (first.state !== 'live') throw new Error(`${first.state}: ${first.reason}`);

  const counts = { read: 0, signedIn: 0, followed: 0, subscribed: 0, replaced: 0, failed: [] as string[] };
  const load = startLoad(house, app.host);
  const work = [
    again(50, async () => {
      await operator.graph(
        'query ($id: ID!) { viewer { person { id name } } app(id: $id) { name deployments(first: 5) { nodes { id state } } } }',
        { id: app.id },
      );
      counts.read++;
    }),
    // One address may sign in ten times a minute.
    again(7_000, async () => {
      await signInAndOut();
      counts.signedIn++;
    }),
    again(250, async () => {
      await follow(operator, app.id);
      counts.followed++;
    }),
    again(250, async () => {
      await subscribe(operator, app.id);
      counts.subscribed++;
    }),
    again(60_000, async () => {
      await repository.commit(appFiles(counts.replaced + 1));
      const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
      if (ended.state !== 'live') throw new Error(`${ended.state}: ${ended.reason}`);
      counts.replaced++;
    }),
  ];
  const samples: Sample[] = [];
  const held: Sample[] = [];
  for (let at = 0; at < minutes * 60_000; at += everyMs) {
    await pause(everyMs);
    samples.push(sampleOf(house.pid));
    if (samples.length % 12 !== 0) continue;
    await collectGarbage(inspector);
    const minute = samples.slice(-12);
    // Of files, what stays while connections come and go.
    const now = { ...sampleOf(house.pid), files: Math.min(...minute.map((sample) => sample.files)) };
    held.push(now);
    const most = Math.max(...minute.map(({ megabytes }) => megabytes));
    console.log(
      `${held.length} min: ${now.megabytes.toFixed(0)} MB held in the house (at most ${most.toFixed(0)} MB), ${now.allMegabytes.toFixed(0)} MB with PostgreSQL, ${now.files} files`,
    );
  }
  running = false;
  await Promise.all([...work, load.stop()]);

  const lost = Object.entries(load.tallies).flatMap(([name, tally]) => tally.lost.map((text) => `${name}: ${text}`));
  const sent = Object.values(load.tallies).reduce((sum, tally) => sum + tally.sent, 0);
  console.log(
    `${sent} requests to the app, ${lost.length} lost; ${counts.read} read, ${counts.signedIn} sign-ins, ${counts.followed} live connections, ${counts.subscribed} subscriptions, ${counts.replaced} replacements`,
  );
  for (const text of [...lost, ...counts.failed].slice(0, 5)) console.log(`  ${text.slice(0, 200)}`);
  const secondHalf = held.slice(Math.floor(held.length / 2));
  const memory = slopeAnHour(secondHalf, ({ megabytes }) => megabytes);
  const files = slopeAnHour(secondHalf, (sample) => sample.files);
  console.log(
    `memory ${memory.toFixed(0)} MB an hour of ${limits.megabytesAnHour}: ratio ${(memory / limits.megabytesAnHour).toFixed(2)}`,
  );
  console.log(
    `open files ${files.toFixed(1)} an hour of ${limits.filesAnHour}: ratio ${(files / limits.filesAnHour).toFixed(2)}`,
  );
  if (memory > limits.megabytesAnHour || files > limits.filesAnHour || lost.length + counts.failed.length > 0)
    process.exitCode = 1;

  /** Does it at this pace, one at a time, until the soak is over. */
  async function again(paceMs: number, once: () => Promise<void>): Promise<void> {
    while (running) {
      const began = performance.now();
      await once().catch((error: Error) => counts.failed.push(error.message));
      for (const end = began + paceMs; running && performance.now() < end; ) await pause(Math.min(paceMs, 500));
    }
  }
} catch (error) {
  console.error(house.logText().slice(-3000));
  throw error;
} finally {
  running = false;
  await house.stop();
  await git.stop();
}

async function signInAndOut(): Promise<void> {
  const person = createPerson(house.url);
  const entered = await person.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password });
  if (entered.status >= 300) throw new Error(`sign-in: ${entered.status} ${JSON.stringify(entered.body)}`);
  const left = await person.rest('POST', '/auth/sign-out', {});
  if (left.status >= 300) throw new Error(`sign-out: ${left.status} ${JSON.stringify(left.body)}`);
}

async function follow(person: Person, id: string): Promise<void> {
  const socket = await openLive(house.url, person.cookie());
  if (typeof socket === 'string') throw new Error(`live: ${socket}`);
  try {
    const { error } = await join(socket, { topic: 'app', id });
    if (error) throw new Error(`live: ${error.code}`);
  } finally {
    socket.disconnect();
  }
}

async function subscribe(person: Person, id: string): Promise<void> {
  const query = 'subscription ($app: ID!) { appLog(appId: $app) { last lines { text } } }';
  const headers = { origin: house.url, cookie: person.cookie() };
  const opened = await openSubscription(house.url, { query, variables: { app: id } }, headers);
  await pause(100);
  opened.leave();
  await opened.ended;
  if (opened.status !== 200) throw new Error(`subscription: ${opened.status} ${opened.text()}`);
}
