/** What a listener wrote down, in the order of its commits. */
export interface Effect {
  readonly consumer: string;
  readonly key: string;
  readonly n: number;
}

export interface Verdict {
  /** Events whose transaction was committed. */
  readonly told: number;
  /** Of each listener: told and never applied. */
  readonly lost: number;
  readonly twice: number;
  /** Applied after a later one of its key. */
  readonly disordered: number;
  /** Applied and never told: of a transaction that was rolled back. */
  readonly invented: number;
}

/**
 * Compares what listeners did with what was told. Each key's events are numbered from 1 in the order in which their
 * transactions held the key's lock, so that `told` says how many there are. `outOfTurn` are those that may come late:
 * dead letters that were replayed.
 */
export function judge(options: {
  readonly consumers: readonly string[];
  readonly told: ReadonlyMap<string, number>;
  readonly effects: readonly Effect[];
  readonly outOfTurn: ReadonlySet<string>;
}): Verdict {
  const { consumers, told, effects, outOfTurn } = options;
  const counts = new Map<string, number>();
  const newest = new Map<string, number>();
  let twice = 0;
  let disordered = 0;
  let invented = 0;
  for (const { consumer, key, n } of effects) {
    const id = `${consumer} ${key} ${n}`;
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (n < 1 || n > (told.get(key) ?? 0)) invented++;
    if (count > 1) twice++;
    if (count > 1 || outOfTurn.has(`${key} ${n}`)) continue;
    const of = `${consumer} ${key}`;
    if (n < (newest.get(of) ?? 0)) disordered++;
    newest.set(of, Math.max(n, newest.get(of) ?? 0));
  }
  let lost = 0;
  for (const consumer of consumers)
    for (const [key, last] of told) for (let n = 1; n <= last; n++) if (!counts.has(`${consumer} ${key} ${n}`)) lost++;
  return { told: [...told.values()].reduce((sum, n) => sum + n, 0), lost, twice, disordered, invented };
}
