/**
 * Keeps the endpoint made of what its sources give now. Each source says its subgraphs whenever they change; changes
 * that come while one is taken in are taken in together after it. The new supergraph is made ready aside (composed,
 * planned for, warmed) and takes the old one's place in one step; requests under way keep the old one, which is free
 * once they have ended.
 */
import { fitSubgraphs, type Refused, type SubgraphSource } from '#src/live/fit-subgraphs.ts';
import { createRefusals } from '#src/live/refusals.ts';
import { type ComposeSubgraphs, openSupergraph, type SubgraphSdl, type Supergraph } from '#src/supergraph.ts';

export interface SubgraphStatus {
  readonly name: string;
  readonly source: string;
  /** `outdated`: its newest part was refused, and the one before answers. `refused`: it has no part. */
  readonly state: 'serving' | 'outdated' | 'refused';
  readonly reason?: string;
}

export interface RegistryStatus {
  /** Counts the supergraphs that this process has had; 0: none yet. */
  readonly revision: number;
  readonly subgraphs: readonly SubgraphStatus[];
}

export interface SubgraphRegistry {
  /**
   * Puts these in place of what the source gave before; an empty list takes the source away. Resolves when the
   * endpoint has taken them in, or refused them: see `status`. Never rejects for what a subgraph says.
   */
  set(source: string, subgraphs: readonly SubgraphSdl[]): Promise<void>;
  readonly status: RegistryStatus;
}

export interface SubgraphRegistryOptions {
  /** Sources whose subgraphs never give way to those of later ones; others come after these, as they come. */
  readonly order: readonly string[];
  readonly compose: ComposeSubgraphs;
  /** Makes ready what requests will need (plans of the usual documents); gives what is to be done at the switch. */
  readonly prepare?: (next: Supergraph) => Promise<() => void>;
  /** Puts it in the place of the one before. */
  use(next: Supergraph): void;
  /** Told after each round that changed what is served or refused. */
  readonly onChange?: (status: RegistryStatus) => void;
}

export function createSubgraphRegistry(options: SubgraphRegistryOptions): SubgraphRegistry {
  const { compose, prepare, use, onChange } = options;
  const wanted = new Map<string, readonly SubgraphSdl[]>(options.order.map((name) => [name, []]));
  const refusals = createRefusals();
  let accepted = new Map<string, SubgraphSdl>();
  let status: RegistryStatus = { revision: 0, subgraphs: [] };
  let dirty = false;
  let running: Promise<void> | undefined;

  async function settle(): Promise<void> {
    try {
      while (dirty) {
        dirty = false;
        await takeIn([...wanted].map(([name, subgraphs]) => ({ name, subgraphs })));
      }
    } finally {
      running = undefined;
    }
  }

  async function takeIn(sources: readonly SubgraphSource[]): Promise<void> {
    const fitted = await fitSubgraphs({ sources, before: accepted, compose, refusals });
    let { refused } = fitted;
    let { revision } = status;
    if (fitted.composed && !sameSubgraphs(fitted.accepted, accepted)) {
      try {
        const next = await openSupergraph(fitted.composed);
        const atSwitch = await prepare?.(next);
        use(next);
        atSwitch?.();
        accepted = new Map(fitted.accepted.map((one) => [one.name, one]));
        revision += 1;
      } catch (error) {
        refused = [...refused, ...allChanged(sources, accepted, (error as Error).message)];
      }
    }
    const before = status;
    status = { revision, subgraphs: statusOf(sources, accepted, refused) };
    if (JSON.stringify(before) !== JSON.stringify(status)) onChange?.(status);
  }

  return {
    set(source, subgraphs) {
      // Services are asked every half minute and mostly say what they said: composing costs most of a second.
      if (!running && sameList(subgraphs, wanted.get(source) ?? [])) return Promise.resolve();
      wanted.set(source, subgraphs);
      dirty = true;
      running ??= settle();
      return running;
    },
    get status() {
      return status;
    },
  };
}

const sameList = (list: readonly SubgraphSdl[], before: readonly SubgraphSdl[]): boolean =>
  list.length === before.length &&
  list.every(({ name, sdl }, at) => before[at]?.name === name && before[at].sdl === sdl);

function sameSubgraphs(list: readonly SubgraphSdl[], before: ReadonlyMap<string, SubgraphSdl>): boolean {
  return list.length === before.size && list.every(({ name, sdl }) => before.get(name)?.sdl === sdl);
}

/** What composes and yet cannot be planned for: nothing of what is new is taken. */
function allChanged(
  sources: readonly SubgraphSource[],
  accepted: ReadonlyMap<string, SubgraphSdl>,
  reason: string,
): Refused[] {
  return sources.flatMap(({ name: source, subgraphs }) =>
    subgraphs
      .filter(({ name, sdl }) => accepted.get(name)?.sdl !== sdl)
      .map(({ name }) => ({ name, source, reason: `It cannot be planned for: ${reason}` })),
  );
}

function statusOf(
  sources: readonly SubgraphSource[],
  accepted: ReadonlyMap<string, SubgraphSdl>,
  refused: readonly Refused[],
): SubgraphStatus[] {
  const owners = new Map<string, string>();
  for (const { name: source, subgraphs } of sources)
    for (const { name } of subgraphs) if (!owners.has(name)) owners.set(name, source);
  return sources.flatMap(({ name: source, subgraphs }) =>
    subgraphs.map(({ name }): SubgraphStatus => {
      const problem = refused.find((one) => one.name === name && one.source === source);
      if (!problem) return { name, source, state: 'serving' };
      const serves = accepted.has(name) && owners.get(name) === source;
      return { name, source, state: serves ? 'outdated' : 'refused', reason: problem.reason };
    }),
  );
}
