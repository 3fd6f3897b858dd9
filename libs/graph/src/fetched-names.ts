import { type FieldNode, type GraphQLField, print } from 'graphql';

/**
 * Under which names fields are fetched. Mostly their response keys; another where a key means two things in one
 * operation (different fields or arguments for things of different types), or where the planner may ask for a field of
 * that name itself.
 */
export interface FetchedNames {
  /** One name for one meaning: the same key, field, arguments and type give the same name. */
  fetchedAs(key: string, node: FieldNode, field: GraphQLField<unknown, unknown>): string;
  /** A path of what was fetched as one of the answer. */
  inAnswer(path: readonly (string | number)[]): readonly (string | number)[];
}

export function createFetchedNames(reserved: ReadonlySet<string>): FetchedNames {
  /** By fetched name what it means, and the response key that it stands for where that is another. */
  const meanings = new Map<string, string>();
  const keys = new Map<string, string>();
  const known = new Map<string, string>();

  function choose(key: string, meaning: string, isPlain: boolean): string {
    const free = (name: string) =>
      (meanings.get(name) ?? meaning) === meaning && !reserved.has(isPlain ? `${name}(` : name);
    if (free(key)) return key;
    let number = keys.size;
    while (meanings.has(`_${number}_${key}`)) number++;
    keys.set(`_${number}_${key}`, key);
    return `_${number}_${key}`;
  }

  return {
    fetchedAs(key, node, field) {
      const given = (node.arguments ?? []).map(print).sort().join();
      const meaning = `${field.name}(${given}): ${String(field.type)}`;
      const found = known.get(`${key} ${meaning}`);
      if (found !== undefined) return found;
      const name = choose(key, meaning, key === field.name && given === '');
      meanings.set(name, meaning);
      known.set(`${key} ${meaning}`, name);
      return name;
    },
    inAnswer: (path) =>
      keys.size === 0
        ? path
        : path.map((segment) => (typeof segment === 'string' ? (keys.get(segment) ?? segment) : segment)),
  };
}
