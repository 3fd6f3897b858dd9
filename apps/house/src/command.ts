import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * What Node is told to start a house. V8 takes four threads for collecting garbage whatever the machine has: on two
 * processors they keep the one thread that answers waiting.
 *
 * @param nodeArgs Further flags of Node, for a look inside.
 */
export function houseCommand(nodeArgs: readonly string[] = []): string[] {
  const helpers = Math.min(4, Math.max(1, availableParallelism()));
  return [
    '--disable-warning=ExperimentalWarning',
    `--v8-pool-size=${helpers}`,
    ...nodeArgs,
    join(import.meta.dirname, 'main.ts'),
  ];
}
