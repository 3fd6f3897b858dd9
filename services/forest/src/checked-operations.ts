import type { ForestOp, KindDefinition } from '@steading/forest';
import { fail } from '#src/errors.ts';

/** Glass stays broken at most this long. */
export const longestGlassMinutes = 60;

const mostOperations = 10_000;
const minuteMs = 60_000;
/** Between a service's reading of the clock and this one's. */
const clockSlackMs = 5_000;

/**
 * What no writer may write, although replicas would take it: they keep what a newer version wrote. A kind or privilege
 * that nobody registered is a mistake of the writer here.
 */
export function checkOperations(kinds: readonly KindDefinition[], ops: readonly ForestOp[], now: number): void {
  if (ops.length === 0 || ops.length > mostOperations) throw fail('forest.list', { most: mostOperations });
  const names = new Set(kinds.map((kind) => kind.kind));
  for (const op of ops) {
    if (op.op === 'plant' && !names.has(op.node.kind))
      throw fail('forest.unknown-kind', { kind: op.node.kind.slice(0, 60) });
    if (op.op === 'block') checkPrivileges(kinds, op.privileges);
    if (op.op === 'break-glass' && !(op.until <= now + longestGlassMinutes * minuteMs + clockSlackMs))
      throw fail('forest.glass-minutes', { most: longestGlassMinutes });
  }
}

/** A block names privileges (`app.deploy`), every one of a kind (`app.*`), or all there are (`*`). */
export function checkPrivileges(kinds: readonly KindDefinition[], privileges: readonly string[]): void {
  const known = new Set(kinds.flatMap((kind) => [...Object.keys(kind.privileges), `${kind.kind}.*`]));
  const wrong = privileges.find((each) => each !== '*' && !known.has(each));
  if (wrong === undefined && privileges.length > 0) return;
  const kind = kinds.find((each) => wrong?.startsWith(`${each.kind}.`));
  throw fail('forest.unknown-privilege', {
    privilege: wrong?.slice(0, 60) ?? 'Nothing',
    privileges: kind ? Object.keys(kind.privileges).join(', ') : [...names(kinds), '*'].join(', '),
  });
}

function names(kinds: readonly KindDefinition[]): string[] {
  return kinds.map((kind) => `${kind.kind}.*`);
}
