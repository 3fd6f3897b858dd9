/**
 * What did not fit, and beside whom. To compose costs a tenth of a second and more, and who never fits would be tried at
 * every change of anybody: so a refusal holds until the refused one changes, or somebody it could depend on. That is
 * everybody of an earlier source, and of the others whoever speaks of a type, a directive or a root field that it speaks
 * of, directly or through others.
 */
import { Kind, parse, visit } from 'graphql';
import type { SubgraphSource } from '#src/live/fit-subgraphs.ts';
import type { SubgraphSdl } from '#src/supergraph.ts';

export interface Refusals {
  /** Why this one of the source at `level` does not fit beside the others as they are; undefined: it is to be tried. */
  recall(sources: readonly SubgraphSource[], level: number, one: SubgraphSdl): string | undefined;
  note(sources: readonly SubgraphSource[], level: number, one: SubgraphSdl, reason: string): void;
  /** Forgets whoever is not there any more. */
  keepOnly(sources: readonly SubgraphSource[]): void;
}

interface Refusal {
  readonly sdl: string;
  readonly beside: readonly SubgraphSdl[];
  readonly reason: string;
}

export function createRefusals(): Refusals {
  const refusals = new Map<string, Refusal>();
  const words = new Map<string, ReadonlySet<string>>();

  function wordsOf({ sdl }: SubgraphSdl): ReadonlySet<string> {
    let found = words.get(sdl);
    if (!found) words.set(sdl, (found = spokenOf(sdl)));
    return found;
  }

  function dependencies(sources: readonly SubgraphSource[], level: number, one: SubgraphSdl): SubgraphSdl[] {
    const earlier = sources.slice(0, level).flatMap(({ subgraphs }) => subgraphs);
    const waiting = new Set(
      sources.slice(level).flatMap(({ subgraphs }) => subgraphs.filter(({ name }) => name !== one.name)),
    );
    const near: SubgraphSdl[] = [];
    spread(one);
    return [...earlier, ...near];

    function spread(from: SubgraphSdl): void {
      for (const other of [...waiting]) {
        if (!speakAlike(wordsOf(from), wordsOf(other))) continue;
        waiting.delete(other);
        near.push(other);
        spread(other);
      }
    }
  }

  return {
    recall(sources, level, one) {
      const known = refusals.get(one.name);
      if (known?.sdl !== one.sdl) return undefined;
      return sameSet(known.beside, dependencies(sources, level, one)) ? known.reason : undefined;
    },
    note(sources, level, one, reason) {
      refusals.set(one.name, { sdl: one.sdl, beside: dependencies(sources, level, one), reason });
    },
    keepOnly(sources) {
      const all = sources.flatMap(({ subgraphs }) => subgraphs);
      const [names, sdls] = [new Set(all.map(({ name }) => name)), new Set(all.map(({ sdl }) => sdl))];
      for (const name of refusals.keys()) if (!names.has(name)) refusals.delete(name);
      for (const sdl of words.keys()) if (!sdls.has(sdl)) words.delete(sdl);
    },
  };
}

function speakAlike(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const word of one) if (other.has(word)) return true;
  return false;
}

function sameSet(some: readonly SubgraphSdl[], others: readonly SubgraphSdl[]): boolean {
  if (some.length !== others.length) return false;
  const sdls = new Map(others.map(({ name, sdl }) => [name, sdl]));
  return some.every(({ name, sdl }) => sdls.get(name) === sdl);
}

const roots = new Set(['Query', 'Mutation', 'Subscription']);
const everywhere = new Set([...roots, 'String', 'Int', 'Float', 'Boolean', 'ID']);

/** Names of types and directives that it defines or mentions, and `Query.field` of the roots; none where it is no SDL. */
function spokenOf(sdl: string): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    visit(parse(sdl, { noLocation: true }), {
      [Kind.NAMED_TYPE]: ({ name }) => void (everywhere.has(name.value) || found.add(name.value)),
      [Kind.DIRECTIVE_DEFINITION]: ({ name }) => void found.add(`@${name.value}`),
      enter(node) {
        if (!('fields' in node) && !('types' in node) && !('values' in node) && !/^Scalar/.test(node.kind)) return;
        const name = 'name' in node && node.name && 'value' in node.name ? node.name.value : '';
        if (!roots.has(name)) found.add(name);
        else if ('fields' in node)
          for (const field of node.fields ?? []) if ('name' in field) found.add(`${name}.${field.name.value}`);
      },
    });
  } catch {
    // It fits nowhere, whoever is there.
  }
  found.delete('');
  return found;
}
