import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** What a house is started from that is to see its sources change. */
export const houseSources = join(import.meta.dirname, 'house.ts');

/**
 * What Node is told to start a house. V8 takes four threads for collecting garbage whatever the machine has: on two
 * processors they keep the one thread that answers waiting.
 *
 * @param nodeArgs Further flags of Node, for a look inside.
 */
export function houseCommand(nodeArgs: readonly string[] = []): string[] {
  return [
    '--disable-warning=ExperimentalWarning',
    `--v8-pool-size=${Math.min(4, availableParallelism())}`,
    ...nodeArgs,
    join(import.meta.dirname, 'main.ts'),
  ];
}
