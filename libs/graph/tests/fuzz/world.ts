import type { TypeNode } from 'graphql';

/**
 * A federated graph as data: what exists, which subgraph has which part of it, and how each value comes about. From a
 * world come the subgraphs' SDL and resolvers and, of the same rules, one plain schema.
 */
export interface World {
  readonly seed: number;
  readonly subgraphs: readonly string[];
  readonly entities: readonly Entity[];
  readonly values: readonly ValueType[];
  readonly abstracts: readonly Abstract[];
  readonly query: readonly Field[];
  readonly mutation: readonly Field[];
  /** Which of a Tone's values a subgraph knows; people see all that any knows. */
  readonly tones: ReadonlyMap<string, readonly string[]>;
}

export interface Entity {
  readonly name: string;
  /** Fields that a key names, in the notation of `@key`. The first home knows all. */
  readonly keys: readonly string[];
  readonly homes: readonly Home[];
  readonly fields: Field[];
}

/** A subgraph that knows an entity, with the keys by which it does. */
export interface Home {
  readonly subgraph: string;
  readonly keys: readonly string[];
  /** Where it has no fields but the key: a reference that it cannot resolve. */
  readonly resolvable: boolean;
}

export interface ValueType {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** An interface of entities, an interface of value types, or a union. */
export interface Abstract {
  readonly kind: 'entities' | 'values' | 'union';
  readonly name: string;
  readonly members: readonly string[];
  /** What an interface promises, beside `id` for one of entities. */
  readonly fields: readonly Field[];
  /** Where it is an entity of its own: there all members are known, and the second has it as an interface object. */
  readonly asObject?: { readonly home: string; readonly object: string; readonly fields: readonly Field[] };
}

export interface Field {
  readonly name: string;
  readonly type: TypeNode;
  readonly args: readonly Argument[];
  /** Subgraphs that resolve it; empty for a value type's, which are resolved wherever the type is. */
  readonly owners: readonly string[];
  /** Never fails and is never null against its type: others are computed from it, or it exists more than once. */
  readonly safe: boolean;
  readonly requires?: string;
  /** Fields of the entity it gives, which its owner knows on this way only. */
  readonly provides?: string;
  /** Subgraphs that had it before, and would still answer, wrongly. */
  readonly overrides?: string;
  readonly inaccessible?: boolean;
  /** What an abstract type's value may be here, because every owner knows it. */
  readonly candidates?: readonly string[];
  /** For mutations: the value tells how many went before. */
  readonly counts?: boolean;
}

export interface Argument {
  readonly name: string;
  readonly type: string;
  /** In the notation of SDL. */
  readonly fallback?: string;
}

/** A thing somewhere in a world. Everything about it follows from its id. */
export interface Thing {
  readonly __typename: string;
  readonly id: string;
  /** What another subgraph said of it, for fields that require that. */
  readonly told?: Readonly<Record<string, unknown>>;
}

export const idsOf = (name: string): string[] => [0, 1, 2, 3].map((number) => `${name}-${number}`);
export const typeOfId = (id: string): string => id.slice(0, id.lastIndexOf('-'));
