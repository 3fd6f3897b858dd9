import { graphFail } from '#src/graph/graph-errors.ts';
import type { Variables } from '#src/graph/limits/list-lengths.ts';

/** Values in all variables together, those in lists and objects counted, and how deep they may lie. */
export const variableLimits = { values: 5_000, depth: 20 } as const;

/** Throws where variables hold more than any operation of a house can use. */
export function checkVariables(variables: Variables | undefined): void {
  let values = 0;
  const walk = (value: unknown, depth: number): void => {
    if (++values > variableLimits.values) throw tooLarge(`${variableLimits.values} values`);
    if (typeof value !== 'object' || value === null) return;
    if (depth >= variableLimits.depth) throw tooLarge(`${variableLimits.depth} levels`);
    for (const inner of Array.isArray(value) ? value : Object.values(value)) walk(inner, depth + 1);
  };
  for (const value of Object.values(variables ?? {})) walk(value, 0);
}

const tooLarge = (limit: string) => graphFail('gateway.variables-too-large', { limit });
