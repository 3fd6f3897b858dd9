/**
 * How long operations take, by document: bounded, in memory, since this gateway started. No variables, no texts, no
 * callers. When there are more documents than are kept, the one that costs least time altogether makes room.
 */
export interface OperationTimes {
  readonly hash: string;
  readonly name: string;
  /** Of the web app's own documents. */
  readonly known: boolean;
  readonly count: number;
  readonly errors: number;
  /** Of the newest `windowSize` runs. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Since the start. */
  readonly maxMs: number;
  readonly totalMs: number;
  readonly lastSeen: number;
  readonly subgraphs: readonly SubgraphTimes[];
}

export interface SubgraphTimes {
  readonly subgraph: string;
  readonly calls: number;
  readonly errors: number;
  readonly totalMs: number;
  readonly maxMs: number;
}

export interface OperationRun {
  readonly hash: string;
  readonly name: string;
  readonly known: boolean;
  readonly ms: number;
  readonly errors: number;
  readonly at: number;
  readonly calls: readonly { readonly subgraph: string; readonly ms: number; readonly errors: number }[];
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

interface Kept {
  readonly hash: string;
  readonly name: string;
  readonly known: boolean;
  count: number;
  errors: number;
  maxMs: number;
  totalMs: number;
  lastSeen: number;
  readonly newest: Float32Array;
  readonly subgraphs: Map<string, Mutable<SubgraphTimes>>;
}

const windowSize = 128;

export function createOperationTimes({ maxOperations = 300 }: { readonly maxOperations?: number } = {}) {
  const kept = new Map<string, Kept>();

  function makeRoom(): void {
    if (kept.size < maxOperations) return;
    let least: Kept | undefined;
    for (const one of kept.values()) if (!least || one.totalMs < least.totalMs) least = one;
    if (least) kept.delete(least.hash);
  }

  function entryOf({ hash, name, known }: OperationRun): Kept {
    const found = kept.get(hash);
    if (found) return found;
    makeRoom();
    const newest = new Float32Array(windowSize);
    const made = { hash, name, known, count: 0, errors: 0, maxMs: 0, totalMs: 0, lastSeen: 0, newest };
    const entry = { ...made, subgraphs: new Map() };
    kept.set(hash, entry);
    return entry;
  }

  return {
    note(run: OperationRun): void {
      const entry = entryOf(run);
      entry.newest[entry.count % windowSize] = run.ms;
      entry.count += 1;
      entry.errors += run.errors > 0 ? 1 : 0;
      entry.maxMs = Math.max(entry.maxMs, run.ms);
      entry.totalMs += run.ms;
      entry.lastSeen = run.at;
      for (const { subgraph, ms, errors } of run.calls) {
        const times = entry.subgraphs.get(subgraph) ?? { subgraph, calls: 0, errors: 0, totalMs: 0, maxMs: 0 };
        times.calls += 1;
        times.errors += errors > 0 ? 1 : 0;
        times.totalMs += ms;
        times.maxMs = Math.max(times.maxMs, ms);
        entry.subgraphs.set(subgraph, times);
      }
    },

    /** The slowest first, by the 95th of a hundred of their newest runs. */
    slowest(first: number): OperationTimes[] {
      return [...kept.values()]
        .map(shown)
        .sort((one, other) => other.p95Ms - one.p95Ms)
        .slice(0, first);
    },
  };
}

function shown({ newest, subgraphs, ...rest }: Kept): OperationTimes {
  const sorted = newest.slice(0, Math.min(rest.count, windowSize)).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { ...rest, p50Ms: at(0.5), p95Ms: at(0.95), subgraphs: [...subgraphs.values()] };
}
