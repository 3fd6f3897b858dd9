/**
 * Which subgraphs fit together. All of them, in nearly every case; else the largest part that can be found by leaving
 * out what is new: whoever changed and does not fit keeps the part that it had, a newcomer is left out, and nobody
 * else waits for them. Sources stand in an order: what an earlier one gives never gives way to a later one.
 */
import type { Refusals } from '#src/live/refusals.ts';
import type { Composed, ComposedText, ComposeSubgraphs, SubgraphSdl } from '#src/supergraph.ts';

/** Those who give subgraphs together: the house's services, a deployed app. */
export interface SubgraphSource {
  readonly name: string;
  readonly subgraphs: readonly SubgraphSdl[];
}

export interface Refused {
  readonly name: string;
  readonly source: string;
  /** Why, as the composition says it. */
  readonly reason: string;
  /** The next time it may fit, although nothing changed. */
  readonly isPassing?: boolean;
}

export interface Fitted {
  /** What the endpoint is made of, in the order of the sources; a refused change is here as it was before. */
  readonly accepted: readonly SubgraphSdl[];
  readonly refused: readonly Refused[];
  /** Undefined where nothing at all fits. */
  readonly composed: ComposedText | undefined;
}

export interface FitOptions {
  readonly sources: readonly SubgraphSource[];
  /** What the endpoint was made of, by name. */
  readonly before: ReadonlyMap<string, SubgraphSdl>;
  readonly compose: ComposeSubgraphs;
  /** Who did not fit before; default: nothing is known. */
  readonly refusals?: Refusals;
}

/** How often those that did not fit are tried again because others came in meanwhile. */
const maxRounds = 3;

export async function fitSubgraphs({ sources, before, compose, refusals }: FitOptions): Promise<Fitted> {
  const { unique, refused } = withoutTwins(sources);
  if (!refusals) return fitUnique({ unique, before, compose }, refused);
  refusals.keepOnly(unique);
  const { rest, known } = withoutKnown(unique, before, refusals);
  const fitted = await fitUnique({ unique: rest, before, compose }, [...refused, ...known]);
  for (const { name, source, reason, isPassing } of fitted.refused) {
    const level = unique.findIndex((one) => one.name === source);
    const one = unique[level]?.subgraphs.find((each) => each.name === name);
    if (one && !isPassing) refusals.note(unique, level, one, reason);
  }
  return fitted;
}

/** Who is known not to fit is not tried again; where it had a part, that one stays. */
function withoutKnown(unique: readonly SubgraphSource[], before: FitOptions['before'], refusals: Refusals) {
  const known: Refused[] = [];
  const rest = unique.map(({ name: source, subgraphs }, level) => ({
    name: source,
    subgraphs: subgraphs.flatMap((one) => {
      const reason = before.get(one.name)?.sdl === one.sdl ? undefined : refusals.recall(unique, level, one);
      if (reason === undefined) return one;
      known.push({ name: one.name, source, reason });
      return before.get(one.name) ?? [];
    }),
  }));
  return { rest, known };
}

interface Unique extends Pick<FitOptions, 'before' | 'compose'> {
  readonly unique: readonly SubgraphSource[];
}

async function fitUnique({ unique, before, compose }: Unique, refused: Refused[]): Promise<Fitted> {
  const all = unique.flatMap(({ subgraphs }) => subgraphs);
  if (all.length === 0) return { accepted: [], refused, composed: undefined };
  const whole = await compose(all);
  if ('ok' in whole) return { accepted: all, refused, composed: whole.ok };
  let accepted: readonly SubgraphSdl[] = [];
  let composed: ComposedText | undefined;
  for (const { name, subgraphs } of unique) {
    if (subgraphs.length === 0) continue;
    const level = await fitLevel({ base: accepted, wanted: subgraphs, before, compose });
    accepted = [...accepted, ...level.accepted];
    composed = level.composed ?? composed;
    for (const one of level.refused) refused.push({ ...one, source: name });
  }
  return { accepted, refused, composed };
}

/** Two of one name cannot be told apart: the first stays. */
function withoutTwins(sources: readonly SubgraphSource[]): { unique: SubgraphSource[]; refused: Refused[] } {
  const owners = new Map<string, string>();
  const refused: Refused[] = [];
  const unique = sources.map(({ name: source, subgraphs }) => ({
    name: source,
    subgraphs: subgraphs.filter(({ name }) => {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, source);
      else refused.push({ name, source, reason: `The name ${name} belongs to a subgraph of ${owner} already.` });
      return owner === undefined;
    }),
  }));
  return { unique, refused };
}

interface Level {
  /** What earlier sources gave, which stays. */
  readonly base: readonly SubgraphSdl[];
  readonly wanted: readonly SubgraphSdl[];
  readonly before: ReadonlyMap<string, SubgraphSdl>;
  readonly compose: ComposeSubgraphs;
}

interface FittedLevel {
  readonly accepted: readonly SubgraphSdl[];
  readonly refused: readonly Omit<Refused, 'source'>[];
  readonly composed: ComposedText | undefined;
}

async function fitLevel(level: Level): Promise<FittedLevel> {
  const { base, wanted, before, compose } = level;
  const whole = await compose([...base, ...wanted]);
  if ('ok' in whole) return { accepted: wanted, refused: [], composed: whole.ok };
  const changed = wanted.filter(({ name, sdl }) => before.get(name)?.sdl !== sdl);
  for (const { name } of changed) {
    const others = wanted.flatMap((one) => (one.name === name ? (before.get(name) ?? []) : one));
    if (base.length + others.length === 0) continue;
    const rest = await compose([...base, ...others]);
    if ('ok' in rest) return { accepted: others, refused: [refusal(name, whole)], composed: rest.ok };
  }
  return oneByOne(level, changed);
}

/** Begins with what was there before, where that still fits, and takes in whatever fits beside it. */
async function oneByOne(level: Level, changed: readonly SubgraphSdl[]): Promise<FittedLevel> {
  const { base, wanted, before, compose } = level;
  let accepted: readonly SubgraphSdl[] = wanted.flatMap(({ name }) => before.get(name) ?? []);
  let composed: ComposedText | undefined;
  let waiting: readonly SubgraphSdl[] = changed;
  if (accepted.length > 0) {
    const start = await compose([...base, ...accepted]);
    if ('ok' in start) composed = start.ok;
    else [accepted, waiting] = [[], wanted];
  }
  const reasons = new Map<string, Omit<Refused, 'source'>>();
  for (let round = 0; round < maxRounds && waiting.length > 0; round++) {
    const still: SubgraphSdl[] = [];
    for (const one of waiting) {
      const others = accepted.filter(({ name }) => name !== one.name);
      const tried = await compose([...base, ...others, one]);
      if ('ok' in tried) [accepted, composed] = [[...others, one], tried.ok];
      else {
        still.push(one);
        reasons.set(one.name, refusal(one.name, tried));
      }
    }
    if (still.length === waiting.length) break;
    waiting = still;
  }
  return { accepted, composed, refused: waiting.map(({ name }) => reasons.get(name) ?? { name, reason: '' }) };
}

function refusal(name: string, { problem, isPassing }: Exclude<Composed, { ok: unknown }>): Omit<Refused, 'source'> {
  return { name, reason: problem, ...(isPassing && { isPassing }) };
}
