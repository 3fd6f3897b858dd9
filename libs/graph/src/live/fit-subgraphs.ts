/**
 * Which subgraphs fit together. All of them, in nearly every case; else the largest part that can be found by leaving
 * out what is new: whoever changed and does not fit keeps the part that it had, a newcomer is left out, and nobody
 * else waits for them. Sources stand in an order: what an earlier one gives never gives way to a later one.
 */
import type { ComposedText, ComposeSubgraphs, SubgraphSdl } from '#src/supergraph.ts';

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
}

/** How often those that did not fit are tried again because others came in meanwhile. */
const maxRounds = 3;

export async function fitSubgraphs({ sources, before, compose }: FitOptions): Promise<Fitted> {
  const { unique, refused } = withoutTwins(sources);
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
    if ('ok' in rest) return { accepted: others, refused: [{ name, reason: whole.problem }], composed: rest.ok };
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
  const reasons = new Map<string, string>();
  for (let round = 0; round < maxRounds && waiting.length > 0; round++) {
    const still: SubgraphSdl[] = [];
    for (const one of waiting) {
      const others = accepted.filter(({ name }) => name !== one.name);
      const tried = await compose([...base, ...others, one]);
      if ('ok' in tried) [accepted, composed] = [[...others, one], tried.ok];
      else {
        still.push(one);
        reasons.set(one.name, tried.problem);
      }
    }
    if (still.length === waiting.length) break;
    waiting = still;
  }
  return { accepted, composed, refused: waiting.map(({ name }) => ({ name, reason: reasons.get(name) ?? '' })) };
}
