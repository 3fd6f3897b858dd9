/**
 * What an app is asked about, by key: only what the asker may see. The keys come from other subgraphs, other apps among
 * them, who may name whatever they like; so each is asked about in the forest again, and what the asker may not see is
 * not found here either, without the app having heard of it.
 */
import type { Access } from '@steading/access';
import type { createHttpSubgraph } from '@steading/graph';
import { type Caller, kitErrors, toPublicError } from '@steading/kit';
import { type ExecutionResult, GraphQLError, getOperationAST, Kind, type SelectionSetNode } from 'graphql';

export type AppOperation = Parameters<ReturnType<typeof createHttpSubgraph>>[0];

/** As the house's own services have it for what they find by key; people's names are told with what names them. */
const privileges: Readonly<Record<string, string>> = { Space: 'space.read-about', App: 'app.read' };

/** Which response keys find entities, and by which variable. */
type EntityKeys = ReadonlyMap<string, string>;

export interface Visible {
  readonly operation: AppOperation;
  /** Nothing is left to ask about. */
  readonly isEmpty: boolean;
  /** The answer to it, as one to what was asked at first. */
  restore(answer: ExecutionResult): ExecutionResult;
}

export function visibleEntities(operation: AppOperation, caller: Caller, access: Pick<Access, 'can'>): Visible {
  const keys = entityKeys(operation);
  if (keys.size === 0) return { operation, isEmpty: false, restore: (answer) => answer };
  const variables: Record<string, unknown> = { ...operation.variables };
  const kept = new Map<string, readonly number[]>();
  const hidden = new Map<string, readonly number[]>();
  for (const name of new Set(keys.values())) {
    const all = (variables[name] ?? []) as readonly Representation[];
    const places = all.map((_, index) => index);
    const sees = (index: number) => mayKnow(all[index]!, caller, access);
    kept.set(name, places.filter(sees));
    hidden.set(
      name,
      places.filter((index) => !sees(index)),
    );
    variables[name] = kept.get(name)!.map((index) => all[index]);
  }
  return {
    operation: { ...operation, variables },
    isEmpty: [...kept.values()].every((list) => list.length === 0),
    restore: (answer) => restored(answer, keys, kept, hidden),
  };
}

interface Representation {
  readonly __typename: string;
  readonly id?: unknown;
}

function mayKnow({ __typename, id }: Representation, caller: Caller, access: Pick<Access, 'can'>): boolean {
  const privilege = privileges[__typename];
  return privilege === undefined || (typeof id === 'string' && access.can(caller, privilege, id));
}

function entityKeys({ document, operationName }: AppOperation): EntityKeys {
  const keys = new Map<string, string>();
  for (const selection of getOperationAST(document, operationName)?.selectionSet.selections ?? []) {
    if (selection.kind !== Kind.FIELD || selection.name.value !== '_entities') continue;
    const value = selection.arguments?.find(({ name }) => name.value === 'representations')?.value;
    if (value?.kind === Kind.VARIABLE) keys.set((selection.alias ?? selection.name).value, value.name.value);
  }
  return keys;
}

function restored(
  { data, errors = [] }: ExecutionResult,
  keys: EntityKeys,
  kept: ReadonlyMap<string, readonly number[]>,
  hidden: ReadonlyMap<string, readonly number[]>,
): ExecutionResult {
  const whole: Record<string, unknown> = { ...data };
  const told = errors.map((error) => {
    const [key, index, ...rest] = error.path ?? [];
    const place = typeof index === 'number' ? kept.get(keys.get(String(key)) ?? '')?.[index] : undefined;
    if (place === undefined) return error;
    return new GraphQLError(error.message, { path: [key!, place, ...rest], extensions: error.extensions });
  });
  for (const [key, variable] of keys) {
    const entities = whole[key];
    const places = kept.get(variable)!;
    const missing = hidden.get(variable)!;
    if (Array.isArray(entities) || places.length === 0) {
      const list: unknown[] = Array.from({ length: places.length + missing.length }, () => null);
      for (const [at, place] of places.entries()) list[place] = (entities as unknown[] | undefined)?.[at] ?? null;
      whole[key] = list;
    }
    for (const place of missing) told.push(notFound([key, place]));
  }
  return { data: whole, ...(told.length > 0 && { errors: told }) };
}

function notFound(path: readonly (string | number)[]): GraphQLError {
  const { message, ...extensions } = toPublicError(kitErrors('not-found', { kind: 'thing' }));
  return new GraphQLError(message, { path: [...path], extensions });
}

/** What is told in detail; more of it says nothing new. */
const maxErrors = 100;

/** The answer of an app that gave none: an error on each of its fields that was asked for, and on nothing else. */
export function failedAnswer(operation: AppOperation, error: unknown): ExecutionResult {
  const { message, ...extensions } = toPublicError(error);
  const keys = entityKeys(operation);
  if (keys.size === 0) throw error;
  const errors: GraphQLError[] = [];
  for (const selection of getOperationAST(operation.document, operation.operationName)?.selectionSet.selections ?? []) {
    if (selection.kind !== Kind.FIELD || !selection.selectionSet) continue;
    const key = (selection.alias ?? selection.name).value;
    const all = (operation.variables?.[keys.get(key) ?? ''] ?? []) as readonly Representation[];
    for (const [place, { __typename }] of all.entries())
      for (const field of fieldsOf(selection.selectionSet, __typename))
        if (errors.length < maxErrors)
          errors.push(new GraphQLError(message, { path: [key, place, field], extensions }));
  }
  return { errors };
}

function fieldsOf({ selections }: SelectionSetNode, type: string): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value;
      return name === '__typename' ? [] : [name];
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const on = selection.typeCondition?.name.value ?? type;
    return on === type ? fieldsOf(selection.selectionSet, type) : [];
  });
}
