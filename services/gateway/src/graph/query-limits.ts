import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { graphFail } from '#src/graph/graph-errors.ts';

/** What one query may ask for. Counted in one walk before validation, whose own effort grows with the query. */
export interface QueryLimits {
  /** Levels of fields. */
  readonly depth: number;
  /** Levels of fields in questions about the schema, which nest by nature. */
  readonly introspectionDepth: number;
  /** Fields side by side in one place. */
  readonly breadth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields that could be fetched: 1 each, times the lengths of the lists above them. */
  readonly cost: number;
}

export const queryLimits: QueryLimits = {
  depth: 14,
  introspectionDepth: 20,
  breadth: 80,
  aliases: 40,
  directives: 40,
  cost: 100_000,
};

/** What a list is taken for that does not say how long it may be. */
const assumedLength = 5;
const lengthArguments = new Set(['first', 'limit', 'last']);

interface Place {
  readonly depth: number;
  readonly times: number;
  readonly type: GraphQLNamedType | undefined;
  readonly aboutSchema: boolean;
  /** The list's length is said by an argument of the field above. */
  readonly lengthKnown: boolean;
}

/** Throws where the document is over a limit; says whether it asks about the schema. */
export function checkLimits(
  document: DocumentNode,
  schema: GraphQLSchema,
  limits: QueryLimits = queryLimits,
): { readonly asksAboutSchema: boolean } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const seen = { aliases: 0, directives: 0, cost: 0, asksAboutSchema: false };
  const open = new Set<string>();

  function count(field: FieldNode): void {
    seen.directives += field.directives?.length ?? 0;
    if (field.alias && ++seen.aliases > limits.aliases)
      throw graphFail('gateway.query-too-broad', { limit: limits.aliases, what: 'aliases' });
    if (seen.directives > limits.directives)
      throw graphFail('gateway.query-too-broad', { limit: limits.directives, what: 'directives' });
  }

  function walkField(field: FieldNode, place: Place): void {
    count(field);
    const name = field.name.value;
    const aboutSchema = place.aboutSchema || name === '__schema' || name === '__type';
    seen.asksAboutSchema ||= aboutSchema;
    const depth = place.depth + 1;
    const limit = aboutSchema ? limits.introspectionDepth : limits.depth;
    if (depth > limit) throw graphFail('gateway.query-too-deep', { limit });
    if (!aboutSchema && (seen.cost += place.times) > limits.cost)
      throw graphFail('gateway.query-too-costly', { limit: limits.cost });
    if (!field.selectionSet) return;
    const type = fieldType(place.type, name);
    const said = saidLength(field);
    const list = isList(type) && !place.lengthKnown;
    walk(field.selectionSet, {
      depth,
      times: place.times * (said ?? (list ? assumedLength : 1)),
      type: type && getNamedType(type),
      aboutSchema,
      lengthKnown: said !== undefined && !isList(type),
    });
  }

  function walk(set: SelectionSetNode, place: Place): void {
    if (set.selections.length > limits.breadth)
      throw graphFail('gateway.query-too-broad', { limit: limits.breadth, what: 'fields in one place' });
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) walkField(selection, place);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const named = selection.typeCondition?.name.value;
        walk(selection.selectionSet, named ? { ...place, type: schema.getType(named) } : place);
      } else walkFragment(selection.name.value, place);
    }
  }

  function walkFragment(name: string, place: Place): void {
    const fragment = fragments.get(name);
    // Validation speaks of fragments that are missing or go round.
    if (!fragment || open.has(name)) return;
    // Fragments that spread each other twice over grow without any field of their own: each spread costs too.
    if (++seen.cost > limits.cost) throw graphFail('gateway.query-too-costly', { limit: limits.cost });
    open.add(name);
    walk(fragment.selectionSet, { ...place, type: schema.getType(fragment.typeCondition.name.value) });
    open.delete(name);
  }

  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION)
      walk(definition.selectionSet, {
        depth: 0,
        times: 1,
        type: rootType(schema, definition),
        aboutSchema: false,
        lengthKnown: false,
      });
  return { asksAboutSchema: seen.asksAboutSchema };
}

function rootType(schema: GraphQLSchema, operation: OperationDefinitionNode): GraphQLNamedType | undefined {
  return schema.getRootType(operation.operation) ?? undefined;
}

function fieldType(parent: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  return parent.getFields()[name]?.type;
}

function isList(type: GraphQLOutputType | undefined): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

/** A variable's value is not known here: services bound their pages themselves, at 200 at most. */
function saidLength(field: FieldNode): number | undefined {
  const argument = field.arguments?.find(({ name }) => lengthArguments.has(name.value));
  if (!argument) return undefined;
  return argument.value.kind === Kind.INT ? Math.max(1, Number(argument.value.value)) : 50;
}
