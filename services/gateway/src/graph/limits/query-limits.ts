import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
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
import { saidLength, type Variables, withDefaults } from '#src/graph/limits/list-lengths.ts';

/** What one query may ask for. Counted in one walk before validation, whose own effort grows with the query. */
export interface QueryLimits {
  /** Levels of fields. */
  readonly depth: number;
  /** Levels of fields in questions about the schema, which nest by nature. */
  readonly introspectionDepth: number;
  /** Questions about the schema in one query: `__schema`, `__type`. */
  readonly introspections: number;
  /** Fields side by side in one place. */
  readonly breadth: number;
  /** Fields at the top, those of fragments counted. */
  readonly rootFields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fragments that the document defines. */
  readonly fragments: number;
  /** Operations that the document holds. */
  readonly operations: number;
  /** Times that one name may be selected at one level of depth, whose pairs validation compares with one another. */
  readonly sameName: number;
  /** Fields that could be fetched: 1 each, times the lengths of the lists above them. */
  readonly cost: number;
}

export const queryLimits: QueryLimits = {
  depth: 14,
  introspectionDepth: 16,
  introspections: 8,
  breadth: 80,
  rootFields: 40,
  aliases: 40,
  directives: 40,
  fragments: 50,
  operations: 10,
  sameName: 200,
  cost: 100_000,
};

/** What a list is taken for that does not say how long it may be. */
const assumedLength = 5;

export interface Measured {
  readonly asksAboutSchema: boolean;
  /** Its cost follows from the values of variables: to be checked for each request, by `checkCost`. */
  readonly dependsOnVariables: boolean;
}

interface Place {
  readonly depth: number;
  readonly times: number;
  readonly type: GraphQLNamedType | undefined;
  readonly aboutSchema: boolean;
  /** The list's length is said by an argument of the field above. */
  readonly lengthKnown: boolean;
}

/** Throws where the document is over a limit, whatever its variables may be. */
export function checkLimits(
  document: DocumentNode,
  schema: GraphQLSchema,
  limits: QueryLimits = queryLimits,
): Measured {
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const fragments = document.definitions.length - operations.length;
  if (operations.length > limits.operations) throw tooMany(limits.operations, 'operations');
  if (fragments > limits.fragments) throw tooMany(limits.fragments, 'fragments');
  const walk = createWalk(document, schema, limits, undefined);
  for (const definition of document.definitions) {
    walk.countDirectives('directives' in definition ? definition.directives : undefined);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const variable of definition.variableDefinitions ?? []) walk.countDirectives(variable.directives);
    walk.operation(definition);
  }
  return walk.seen;
}

/** Throws where the operation costs too much with these variables. */
export function checkCost(
  operation: OperationDefinitionNode,
  asked: { document: DocumentNode; schema: GraphQLSchema; variables: Variables | undefined; limits: QueryLimits },
): void {
  const { document, schema, limits } = asked;
  createWalk(document, schema, limits, withDefaults(operation, asked.variables)).operation(operation);
}

const tooMany = (limit: number, what: string) => graphFail('gateway.query-too-broad', { limit, what });

function createWalk(document: DocumentNode, schema: GraphQLSchema, limits: QueryLimits, variables?: Variables) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const seen = { cost: 0, asksAboutSchema: false, dependsOnVariables: false };
  const counts = { alias: 0, directive: 0, root: 0, introspection: 0 };
  const names = new Map<string, number>();
  const open = new Set<string>();

  const one = (what: keyof typeof counts, limit: number, told: string, by = 1): void => {
    if ((counts[what] += by) > limit) throw tooMany(limit, told);
  };
  const countDirectives = (directives: readonly DirectiveNode[] | undefined): void =>
    one('directive', limits.directives, 'directives', directives?.length ?? 0);
  const spend = (cost: number): void => {
    if ((seen.cost += cost) > limits.cost) throw graphFail('gateway.query-too-costly', { limit: limits.cost });
  };

  function count(field: FieldNode, depth: number, aboutSchema: boolean): void {
    countDirectives(field.directives);
    if (field.alias) one('alias', limits.aliases, 'aliases');
    if (depth === 1) one('root', limits.rootFields, 'fields at the top');
    const limit = aboutSchema ? limits.introspectionDepth : limits.depth;
    if (depth > limit) throw graphFail('gateway.query-too-deep', { limit });
    const key = `${depth} ${(field.alias ?? field.name).value}`;
    const times = (names.get(key) ?? 0) + 1;
    if (times > limits.sameName) throw tooMany(limits.sameName, `fields called ${key.slice(key.indexOf(' ') + 1)}`);
    names.set(key, times);
  }

  function walkField(field: FieldNode, place: Place): void {
    const name = field.name.value;
    const asks = name === '__schema' || name === '__type';
    if (asks) one('introspection', limits.introspections, 'questions about the schema');
    const aboutSchema = place.aboutSchema || asks;
    seen.asksAboutSchema ||= aboutSchema;
    const depth = place.depth + 1;
    count(field, depth, aboutSchema);
    if (!aboutSchema) spend(place.times);
    if (!field.selectionSet) return;
    const definition = fieldOf(place.type, name);
    const type = definition?.type;
    const list = isList(type);
    const said = saidLength(field, definition?.args ?? [], variables);
    seen.dependsOnVariables ||= said.open;
    const assumed = list && !place.lengthKnown ? Math.max(assumedLength, said.values) : 1;
    walk(field.selectionSet, {
      depth,
      times: place.times * (said.length ?? assumed),
      type: type && getNamedType(type),
      aboutSchema,
      lengthKnown: said.length !== undefined && !list,
    });
  }

  function walk(set: SelectionSetNode, place: Place): void {
    if (set.selections.length > limits.breadth) throw tooMany(limits.breadth, 'fields in one place');
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        walkField(selection, place);
        continue;
      }
      countDirectives(selection.directives);
      if (selection.kind === Kind.FRAGMENT_SPREAD) walkFragment(selection.name.value, place);
      else {
        const named = selection.typeCondition?.name.value;
        walk(selection.selectionSet, named ? { ...place, type: schema.getType(named) } : place);
      }
    }
  }

  function walkFragment(name: string, place: Place): void {
    const fragment = fragments.get(name);
    // Validation speaks of fragments that are missing or go round.
    if (!fragment || open.has(name)) return;
    // Fragments that spread each other twice over grow without any field of their own: each spread costs too.
    spend(1);
    open.add(name);
    walk(fragment.selectionSet, { ...place, type: schema.getType(fragment.typeCondition.name.value) });
    open.delete(name);
  }

  return {
    seen,
    countDirectives,
    operation(definition: OperationDefinitionNode): void {
      const type = schema.getRootType(definition.operation) ?? undefined;
      walk(definition.selectionSet, { depth: 0, times: 1, type, aboutSchema: false, lengthKnown: false });
    },
  };
}

function fieldOf(parent: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

function isList(type: GraphQLOutputType | undefined): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
