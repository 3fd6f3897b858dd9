import type { Caller } from '@steading/kit';
import { graphFail } from '#src/graph/graph-errors.ts';

/** Counts what each caller has under way; strangers are told apart by their address. */
export function createAtOnce(limit: number): (caller: Caller) => () => void {
  const underWay = new Map<string, number>();
  return (caller) => {
    const key = caller.kind === 'anonymous' ? `anyone ${caller.address ?? ''}` : caller.principal;
    const now = underWay.get(key) ?? 0;
    if (now >= limit) throw graphFail('gateway.too-many-at-once', { limit });
    underWay.set(key, now + 1);
    return () => {
      const left = (underWay.get(key) ?? 1) - 1;
      if (left > 0) underWay.set(key, left);
      else underWay.delete(key);
    };
  };
}
