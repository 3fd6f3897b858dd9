import { claimHouse, deploymentEnds, makeApp, startDeployment } from '@steading/acceptance';
import { startGitServer } from '@steading/testkit';
import { appFiles } from '../replace/app.ts';
import { startHouse } from '../replace/house.ts';
import { startLoad } from '../replace/load.ts';

/**
 * Restarts the whole house under load, as `steading restart` does. Limits: nothing lost, and no request waits longer
 * than ten seconds. Nobody repeats a request by itself; uploads, which are not idempotent, use connections that are never
 * idle.
 */
const restarts = Number(process.env.RESTARTS ?? 5);
const limits = { lost: 0, longestSeconds: 10 };

const [house, git] = await Promise.all([startHouse(), startGitServer()]);
try {
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('restarted');
  await repository.commit(appFiles(0));
  const app = await makeApp(operator, repository.url);
  const { state, reason } = await deploymentEnds(operator, await startDeployment(operator, app.id));
  if (state !== 'live') throw new Error(`${state}: ${reason}`);

  const load = startLoad(house, app.host);
  const seconds: number[] = [];
  for (let round = 1; round <= restarts; round++) {
    await answered(load.tallies.newConnections, 40);
    const before = load.longest.ms;
    load.longest.ms = 0;
    seconds.push(await house.restart());
    await answered(load.tallies.newConnections, 10);
    console.log(
      `restart ${round}: ready after ${seconds.at(-1)?.toFixed(2)} s, longest request ${(load.longest.ms / 1000).toFixed(2)} s`,
    );
    load.longest.ms = Math.max(before, load.longest.ms);
  }
  await load.stop();

  let lost = 0;
  for (const [name, tally] of Object.entries(load.tallies)) {
    lost += tally.lost.length;
    const why = tally.lost.length > 0 ? ` (${[...new Set(tally.lost)].slice(0, 5).join('; ')})` : '';
    console.log(`${name}: ${tally.sent} sent, ${tally.lost.length} lost${why}`);
  }
  const longest = load.longest.ms / 1000;
  console.log(
    `longest request: ${longest.toFixed(2)} s of ${limits.longestSeconds} s: ratio ${(longest / limits.longestSeconds).toFixed(2)}`,
  );
  console.log(`lost in all: ${lost} of ${limits.lost}`);
  if (lost > limits.lost || longest > limits.longestSeconds) process.exitCode = 1;
} catch (error) {
  console.error(house.logText().slice(-3000));
  throw error;
} finally {
  await house.stop();
  await git.stop();
}

/** Until so many more were sent. */
async function answered(tally: { readonly sent: number }, more: number): Promise<void> {
  const until = tally.sent + more;
  while (tally.sent < until) await new Promise((resolve) => setTimeout(resolve, 20));
}
