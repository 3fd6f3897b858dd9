/**
 * A composition that was made before: of the house's own services it is always the same, and takes most of a second of
 * each start, in a thread that is there for nothing else.
 */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ComposedText, ComposeSubgraphs, SubgraphSdl } from '#src/supergraph.ts';

export interface KnownComposition extends ComposedText {
  /** Of which subgraphs: a digest of their names and texts. */
  readonly of: string;
}

/** To be kept in a file, for `withKnownComposition`. */
export function knownComposition(subgraphs: readonly SubgraphSdl[], composed: ComposedText): KnownComposition {
  const { supergraphSdl, publicSdl } = composed;
  return { of: digestOf(subgraphs), supergraphSdl, publicSdl };
}

/** Answers from the file where it is about these very subgraphs; anything else is composed. */
export function withKnownComposition(file: URL, compose: ComposeSubgraphs): ComposeSubgraphs {
  let read: Promise<KnownComposition | undefined> | undefined;
  return async (subgraphs) => {
    const known = await (read ??= readKnown(file));
    if (known?.of !== digestOf(subgraphs)) return compose(subgraphs);
    const { supergraphSdl, publicSdl } = known;
    return { ok: { supergraphSdl, publicSdl } };
  };
}

async function readKnown(file: URL): Promise<KnownComposition | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KnownComposition;
  } catch {
    return undefined;
  }
}

function digestOf(subgraphs: readonly SubgraphSdl[]): string {
  const parts = subgraphs.map(({ name, sdl, foreign = false }) => [name, foreign, sdl]);
  return hash('sha256', JSON.stringify(parts.sort(([one], [other]) => (one! < other! ? -1 : 1))));
}
