/**
 * An operation in the form that the planner takes: without conditions, spreads, introspection, or response keys that
 * mean two things. The planner is where federation is hard, and every part of GraphQL that it need not know is one in
 * which it cannot be wrong: conditions and keys used twice end its process or lose fields. So an operation is planned
 * once for each setting of its conditions. What is asked about the schema itself no subgraph answers: it is left out.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { createFetchedNames, type FetchedNames } from '#src/fetched-names.ts';
import type { Operation } from '#src/operation.ts';

export interface PlannerDocument {
  /** Undefined where nobody needs to be asked. */
  readonly text: string | undefined;
  readonly names: FetchedNames;
}

export interface PlannerDocumentOptions {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  /** Those of @skip and @include are looked at. */
  readonly variables: { readonly [name: string]: unknown };
  /** Names that the planner may ask for on its own, as keys and as what a field requires. */
  readonly reserved: ReadonlySet<string>;
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/** A valid operation for the planner: other text, the same things fetched. */
export function forPlanner({ schema, operation, variables, reserved }: PlannerDocumentOptions): PlannerDocument {
  const { node, fragments } = operation;
  const names = createFetchedNames(reserved);

  function fieldsOf(type: GraphQLObjectType, fields: Fields): SelectionNode[] {
    return [...fields].flatMap(([key, nodes]) => {
      const field = type.getFields()[nodes[0]!.name.value];
      return field ? fetched(key, nodes, field) : [];
    });
  }

  function fetched(key: string, nodes: readonly FieldNode[], field: GraphQLField<unknown, unknown>): FieldNode {
    const first = nodes[0]!;
    const type = getNamedType(field.type);
    const name = names.fetchedAs(key, first, field);
    return {
      kind: Kind.FIELD,
      name: first.name,
      ...(name !== field.name && { alias: nameNode(name) }),
      ...(first.arguments && { arguments: first.arguments }),
      ...(isCompositeType(type) && {
        selectionSet: { kind: Kind.SELECTION_SET, selections: selectionsOf(type, nodes) },
      }),
    };
  }

  function selectionsOf(type: GraphQLCompositeType, nodes: readonly FieldNode[]): SelectionNode[] {
    const collect = (of: GraphQLCompositeType) =>
      collectSubfields(schema, fragments, variables, of as GraphQLObjectType, nodes) as Fields;
    if (!isAbstractType(type)) {
      const selections = fieldsOf(type, collect(type));
      return selections.length > 0 ? selections : [typeName];
    }
    const direct = collect(type);
    const shared = new Set([...direct.values()].flat());
    const selections = 'getFields' in type ? fieldsOf(type as unknown as GraphQLObjectType, direct) : [];
    for (const possible of schema.getPossibleTypes(type)) {
      const own = fieldsOf(possible, withoutShared(collect(possible), shared));
      if (own.length > 0) selections.push(conditionOn(possible, own));
    }
    return [typeName, ...selections];
  }

  const root = schema.getRootType(node.operation)!;
  const selections = fieldsOf(root, collectFields(schema, fragments, variables, root, node.selectionSet));
  if (selections.length === 0) return { text: undefined, names };
  const planned = withUsedVariables({ ...node, directives: [], selectionSet: { ...node.selectionSet, selections } });
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [planned] };
  return { text: print(document), names };
}

/** What only things of one type are asked, beside what all are. */
function withoutShared(fields: Fields, shared: ReadonlySet<FieldNode>): Fields {
  const own = new Map<string, readonly FieldNode[]>();
  for (const [key, nodes] of fields) {
    const rest = nodes.filter((one) => !shared.has(one));
    if (rest.length > 0) own.set(key, rest);
  }
  return own;
}

function conditionOn({ name }: GraphQLObjectType, selections: readonly SelectionNode[]): SelectionNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(name) },
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
const typeName: FieldNode = { kind: Kind.FIELD, name: nameNode('__typename') };

function withUsedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const variableDefinitions = (operation.variableDefinitions ?? []).filter((one) => used.has(one.variable.name.value));
  return { ...operation, variableDefinitions };
}
