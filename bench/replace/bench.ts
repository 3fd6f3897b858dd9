import { claimHouse, type DeploymentView, deploymentEnds, makeApp, startDeployment } from '@steading/acceptance';
import { startGitServer } from '@steading/testkit';
import { appFiles } from './app.ts';
import { startHouse } from './house.ts';
import { startLoad } from './load.ts';

/**
 * Replaces a real app under load, through every door that people use: `git push` to a Git server, deploy by GraphQL,
 * visitors through the edge. Limits: nothing lost, and 5 s from the call of a deployment without a build to live.
 */
const replacements = Number(process.env.REPLACEMENTS ?? 20);
const limits = { lost: 0, overheadSeconds: 5 };

const [house, git] = await Promise.all([startHouse(), startGitServer()]);
try {
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('replaced');
  await repository.commit(appFiles(0));
  const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 2 } });
  const replace = async () => {
    const began = performance.now();
    const deployment: DeploymentView = await deploymentEnds(operator, await startDeployment(operator, app.id));
    if (deployment.state !== 'live') throw new Error(`${deployment.state}: ${deployment.reason}`);
    return { deployment, seconds: (performance.now() - began) / 1000 };
  };
  const idle = [await replace(), await replace(), await replace()].map(({ seconds }) => seconds);

  const load = startLoad(house, app.host);
  const seconds: number[] = [];
  let lostByTraces = 0;
  for (let round = 1; round <= replacements; round++) {
    await repository.commit(appFiles(round));
    const done = await replace();
    seconds.push(done.seconds);
    const { sent = 0, lost = 0 } = done.deployment.trace ?? {};
    lostByTraces += lost;
    console.log(
      `deployment ${done.deployment.number}: ${done.seconds.toFixed(2)} s, its trace: ${sent} sent, ${lost} lost`,
    );
  }
  await load.stop();

  let lost = lostByTraces;
  for (const [name, tally] of Object.entries(load.tallies)) {
    lost += tally.lost.length;
    console.log(`${name}: ${tally.sent} sent, ${tally.lost.length} lost${first(tally.lost)}`);
  }
  console.log(`WebSocket messages sent again because they were under way at a 1012: ${load.resent.count}`);
  console.log(`versions seen: ${load.versions.size} of ${replacements + 1}`);
  console.log(`replacement: median ${median(seconds).toFixed(2)} s, max ${Math.max(...seconds).toFixed(2)} s`);
  console.log(
    `overhead, call to live without load: median ${median(idle).toFixed(2)} s of ${limits.overheadSeconds} s: ratio ${(median(idle) / limits.overheadSeconds).toFixed(2)}`,
  );
  console.log(`lost in all: ${lost} of ${limits.lost}`);
  if (lost > limits.lost || median(idle) > limits.overheadSeconds) process.exitCode = 1;
} catch (error) {
  console.error(house.logText().slice(-3000));
  throw error;
} finally {
  await house.stop();
  await git.stop();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function first(lost: readonly string[]): string {
  return lost.length > 0 ? ` (${[...new Set(lost)].slice(0, 5).join('; ')})` : '';
}
