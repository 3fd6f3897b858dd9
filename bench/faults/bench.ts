/**
 * What the people of a house feel of programs that mean harm: the 99th percentile of the API, asked at a steady pace, at
 * rest and while builds fork without end, eat memory and print a gigabyte, an app crashes again and again and twenty
 * pushes come in ten seconds. Rest and storm take turns, so that the machine's own moods meet both. The first round is of a
 * house that has only just started, whose code runs for the first time: it is told, and not counted. Who asks would be on a
 * machine of their own: as root they come before all else here, so that their own waiting is not measured.
 */
import { constants, setPriority } from 'node:os';
import { claimHouse, createPerson, makeApp, startDeployment } from '@steading/acceptance';
import { startHouse } from '../replace/house.ts';
import { startGitHost } from './git-host.ts';
import { crashingApp, hostileBuilds } from './hostile-apps.ts';

const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 10);
const limit = 2;
const everyMs = 20;
/** Three services answer it. */
const question = `query ($id: ID!) {
  viewer { person { id name } }
  app(id: $id) { name project { name } deployments(first: 5) { nodes { id state reason } } }
}`;

const hostile = Object.entries({ ...hostileBuilds, 'crashes again and again': crashingApp });
const [house, git] = await Promise.all([
  startHouse({ STEADING_GRAPH_AT_ONCE: '10000' }),
  startGitHost(hostile.map(([name, files]) => ({ name: name.replace(/\W+/g, '-'), files }))),
]);
try {
  const operator = await claimHouse(house.url, house.setupToken);
  const reader = createPerson(house.url, operator.cookie());
  const apps: { id: string; name: string }[] = [];
  for (const [index, [name]] of hostile.entries())
    apps.push({ id: (await makeApp(operator, git.urls[index]!)).id, name });
  const ask = () => reader.graph(question, { id: apps[0]?.id });
  if (process.getuid?.() === 0) setPriority(constants.priority.PRIORITY_HIGH);
  await measure(ask, 3);

  const idle: number[] = [];
  const storm: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const rest = await measure(ask, seconds);
    const under = await Promise.all([storming(), measure(ask, seconds)]).then(([, times]) => times);
    await calm();
    if (round > 0) {
      idle.push(...rest);
      storm.push(...under);
    }
    console.log(
      `${round === 0 ? 'just started' : `round ${round}`}: p99 at rest ${p99(rest).toFixed(1)} ms, in the storm ${p99(under).toFixed(1)} ms`,
    );
  }
  const ratio = p99(storm) / p99(idle);
  console.log(
    `asked: ${idle.length} at rest, ${storm.length} in the storm; slowest ${Math.max(...storm).toFixed(0)} ms`,
  );
  console.log(
    `p99 of the API: ${p99(idle).toFixed(1)} ms at rest, ${p99(storm).toFixed(1)} ms in the storm: ratio ${ratio.toFixed(2)} of ${limit}`,
  );
  if (ratio > limit) process.exitCode = 1;

  /** All of them at once, and twenty pushes to one of them. */
  async function storming(): Promise<void> {
    await Promise.all(apps.map(({ id }) => startDeployment(operator, id)));
    const [pushed] = apps;
    for (let count = 0; count < 20; count++) {
      await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 25));
      await startDeployment(operator, pushed!.id);
    }
  }

  async function calm(): Promise<void> {
    const asked = 'query ($id: ID!) { app(id: $id) { deployments(first: 30) { nodes { id state } } } }';
    const over = new Set(['live', 'failed', 'cancelled', 'superseded', 'rolled-back']);
    for (let open = apps.length; open > 0; ) {
      open = 0;
      for (const { id } of apps) {
        const { app } = await operator.graph<Listed>(asked, { id });
        for (const node of app.deployments.nodes) {
          if (over.has(node.state)) continue;
          open++;
          await operator.refusal('mutation ($id: ID!) { cancelDeployment(id: $id) { id } }', { id: node.id });
        }
        await operator.refusal('mutation ($id: ID!) { stopApp(id: $id) { id } }', { id });
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
} catch (error) {
  console.error(house.logText().slice(-3000));
  throw error;
} finally {
  await house.stop();
  await git.stop();
}

interface Listed {
  readonly app: {
    readonly deployments: { readonly nodes: readonly { id: string; state: string }[] };
  };
}

/** Milliseconds of each answer; questions leave on time, whether or not the one before was answered. */
async function measure(ask: () => Promise<unknown>, forSeconds: number): Promise<number[]> {
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  const began = performance.now();
  for (let next = began; next < began + forSeconds * 1000; next += everyMs) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    const sent = performance.now();
    asked.push(ask().then(() => void times.push(performance.now() - sent)));
    asked.at(-1)?.catch(() => {});
  }
  await Promise.all(asked);
  return times;
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}
