import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

export const isAboutSchema = (selection: SelectionNode): boolean =>
  selection.kind === Kind.FIELD && selection.name.value.startsWith('__');

/** A valid document in the form that the planner takes: other text, the same meaning. */
export function forPlanner(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  return withoutEmptyConditions(schema, withoutConstants(withoutIntrospection(document)));
}

/** No subgraph answers questions about the schema as people see it: those are answered from `schema` itself. */
function withoutIntrospection(document: DocumentNode): DocumentNode {
  return visit(document, {
    OperationDefinition(node) {
      const selections = node.selectionSet.selections.filter((selection) => !isAboutSchema(selection));
      return { ...node, selectionSet: { ...node.selectionSet, selections } };
    },
    Field(node) {
      if (node.name.value !== '__schema' && node.name.value !== '__type') return undefined;
      return typeName;
    },
    FragmentDefinition: (node) => (node.typeCondition.name.value.startsWith('__') ? null : undefined),
  });
}

const typeName: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** The planner loses a field in which nothing is left of what it selects: a type's name takes the place of the rest. */
function withoutConstants(document: DocumentNode): DocumentNode {
  const decide = <N extends SelectionNode>(node: N): SelectionNode | undefined => {
    if (!node.directives?.length) return undefined;
    if (node.directives.some((directive) => constantOf(directive) === false)) return typeName;
    const directives = node.directives.filter((directive) => constantOf(directive) === undefined);
    return directives.length < node.directives.length ? { ...node, directives } : undefined;
  };
  return visit(document, { Field: decide, InlineFragment: decide, FragmentSpread: decide });
}

/** Whether this condition always selects, or never; undefined where a variable decides. */
function constantOf({ name, arguments: given }: DirectiveNode): boolean | undefined {
  const value = given?.[0]?.value;
  if ((name.value !== 'skip' && name.value !== 'include') || value?.kind !== Kind.BOOLEAN) return undefined;
  return (name.value === 'include') === value.value;
}

/** The planner finds no way from a union or interface to itself: a condition that says nothing is left out. */
function withoutEmptyConditions(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const types = new TypeInfo(schema);
  const saysNothing = (name: string) => isAbstractType(schema.getType(name)) && types.getParentType()?.name === name;
  return visit(
    document,
    visitWithTypeInfo(types, {
      InlineFragment({ typeCondition, ...node }) {
        return typeCondition && saysNothing(typeCondition.name.value) ? node : undefined;
      },
      FragmentSpread(node) {
        const fragment = fragments.get(node.name.value);
        if (!fragment || !isAbstractType(schema.getType(fragment.typeCondition.name.value))) return undefined;
        const { typeCondition, selectionSet } = fragment;
        return {
          kind: Kind.INLINE_FRAGMENT,
          ...(node.directives && { directives: node.directives }),
          ...(!saysNothing(typeCondition.name.value) && { typeCondition }),
          selectionSet,
        };
      },
    }),
  );
}
