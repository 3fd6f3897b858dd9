/** Everything that goes wrong while a deployment is under way; `faults.test.ts` crosses it with the states of one. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPrograms, waitFor } from '@steading/testkit';
import type { FaultHouse } from '#src/fault-house.ts';
import type { RunningShape } from '#src/shapes.ts';

interface Blow {
  readonly at: FaultHouse;
  /** The deployment that is under way. */
  readonly id: string;
  /** Ids of the instances that ran before it. */
  readonly before: readonly string[];
}

/** Resolves when the house is meant to be able to go on; `newest`: the text of a version that was deployed meanwhile. */
type Fault = (blow: Blow) => Promise<{ readonly newest: string } | undefined>;

export const faults: Readonly<Record<string, Fault>> = {
  async 'the house is killed'({ at: { house } }) {
    await house.kill();
    await house.start();
    return undefined;
  },
  async 'PostgreSQL is killed'({ at: { house } }) {
    const pid = postmasterPid(house);
    process.kill(pid!, 'SIGKILL');
    const isAnother = () => ![undefined, pid].includes(postmasterPid(house));
    await waitFor('another PostgreSQL', isAnother, { timeoutMs: 30_000 });
    return undefined;
  },
  async 'all that it runs is killed'({ at: { house }, before }) {
    // The first of it, where nothing of it runs yet.
    const kill = () => killPrograms(house, (id) => !before.includes(id)) > 0;
    await waitFor('something to kill', kill, { timeoutMs: 2_000, everyMs: 5 }).catch(() => {});
    return undefined;
  },
  async 'the live app is killed'({ at: { house }, before }) {
    killPrograms(house, (id) => before.includes(id));
    return undefined;
  },
  async 'it is cancelled'({ at: { operator }, id }) {
    await operator.refusal('mutation ($id: ID!) { cancelDeployment(id: $id) { state } }', { id });
    return undefined;
  },
  async 'a newer one is asked for'({ at, id }) {
    const newest = `newer than ${id}`;
    await at.end(await at.deploy(newest));
    return { newest };
  },
  async 'the disk is full'({ at: { house } }) {
    const filler = join(house.dataDir, 'filler');
    try {
      fillDisk(filler);
      // Long enough for what is under way to notice; what it makes of it is seen when there is room again.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    } finally {
      rmSync(filler, { force: true });
    }
    return undefined;
  },
};

/** How many there were. */
function killPrograms(house: RunningShape, which: (id: string) => boolean): number {
  const own = house.processes.flatMap(({ pid }) => pid ?? []);
  let killed = 0;
  for (const { pid, id } of findPrograms({ dataDir: house.dataDir, house: own })) {
    if (!which(id)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch {
      // Gone with the one before.
    }
  }
  return killed;
}

/** Every byte of it, in large pieces, then in small ones. */
export function fillDisk(file: string): void {
  const block = Buffer.alloc(2 ** 20);
  for (const size of [2 ** 20, 4_096])
    try {
      for (;;) writeFileSync(file, block.subarray(0, size), { flag: 'a' });
    } catch {
      // Full.
    }
}

function postmasterPid(house: RunningShape): number | undefined {
  try {
    return Number(readFileSync(join(house.dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return undefined;
  }
}
