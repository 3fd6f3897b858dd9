/** A gateway dies while people follow a deployment through the balancer. */
import { type MadeApp, type Person, serverApp } from '@steading/acceptance';
import { startRunningTime, waitFor } from '@steading/testkit';
import { expect } from 'vitest';
import type { Docker } from '#src/docker.ts';
import { sendArchive } from '#src/hello-app.ts';
import { containersOf } from '#src/house.ts';
import { followBySocket, followByStream, stateOf } from '#src/live-clients.ts';

const sockets = 6;
const streams = 4;
/** Printed by the build, one every tenth of a second: long enough for a kill and a return. */
const lines = 250;

export async function liveThroughKill(told: { docker: Docker; operator: Person; app: MadeApp }): Promise<void> {
  const { docker, operator, app } = told;
  const deployment = await sendArchive(operator, app.id, talkativeBuild());
  const followed = { person: operator, app: app.id, deployment };
  const bySocket = Array.from({ length: sockets }, () => followBySocket(followed));
  const byStream = Array.from({ length: streams }, () => followByStream(followed));
  const all = [...bySocket, ...byStream];
  try {
    await waitFor('everybody to follow', () => all.every((one) => one.isUp() && one.positions().length > 20), {
      timeoutMs: 30_000,
    });
    const [one] = await containersOf(docker, 'gateway');
    await docker.run(['kill', '--signal', 'KILL', one!.id]);
    const time = startRunningTime();
    await waitFor('somebody to be cut off', () => all.some((each) => each.cuts() > 0));
    await waitFor('everybody to be back', () => all.every((each) => each.isUp()), { timeoutMs: 20_000 });
    const backMs = time.stop();
    const cut = bySocket.filter((each) => each.cuts() > 0).length;
    const cutStreams = byStream.filter((each) => each.cuts() > 0).length;
    console.log(
      `gateway killed: ${cut} of ${sockets} sockets and ${cutStreams} of ${streams} streams cut, all back after ${backMs.toFixed(0)} ms`,
    );
    expect(await stateOf(followed)).toBe('building');
    await waitFor('the end', async () => (await stateOf(followed)) === 'live', { timeoutMs: 90_000, everyMs: 200 });
    const { length } = await logOf(operator, deployment);
    const whole = Array.from({ length }, (_, index) => index + 1);
    expect(length).toBeGreaterThan(lines);
    const isTold = () => all.every((each) => each.positions().length >= length);
    await waitFor('everybody to be told all of it', isTold, { timeoutMs: 10_000 }).catch(() => {});
    expect(all.map((each) => each.positions())).toEqual(all.map(() => whole));
    for (const each of bySocket)
      await waitFor('the last state', () => each.heard().at(-1) === 'live', { timeoutMs: 5_000 });
    const rest = ['pushing', 'deploying', 'verifying', 'live'];
    expect(bySocket.map((each) => each.heard().filter((state) => rest.includes(state)))).toEqual(
      bySocket.map(() => rest),
    );
    expect([cut > 0, cut < sockets]).toEqual([true, true]);
    await waitFor('two gateways', async () => (await containersOf(docker, 'gateway')).length === 2, {
      timeoutMs: 60_000,
      everyMs: 500,
    });
  } finally {
    for (const each of all) each.leave();
  }
}

function talkativeBuild(): Record<string, string> {
  const files = serverApp('hello, after a long build');
  const scripts = { build: 'node build.js', start: 'node server.js' };
  return {
    ...files,
    'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', scripts }),
    'build.js': `for (let line = 1; line <= ${lines}; line++) {
  console.log('line ' + line);
  await new Promise((resolve) => setTimeout(resolve, 100));
}`,
  };
}

async function logOf(person: Person, deployment: string): Promise<readonly unknown[]> {
  const query = 'query ($id: ID!) { deployment(id: $id) { log { lines { position } } } }';
  const answer = await person.graph<{ deployment: { log: { lines: unknown[] } } }>(query, { id: deployment });
  return answer.deployment.log.lines;
}
