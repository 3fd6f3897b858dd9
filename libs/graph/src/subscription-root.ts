import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * What is wrong with the root of a document's subscriptions, in one sentence; undefined where nothing is. A
 * subscription has exactly one root field, and no condition may take it away (GraphQL specification, 5.2.4.1). Asked
 * before validation, whose own rule for it takes no variables in conditions.
 */
export function subscriptionProblem(document: DocumentNode): string | undefined {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== 'subscription') continue;
    const problem = rootProblem(document, definition);
    if (problem) return problem;
  }
  return undefined;
}

function rootProblem(document: DocumentNode, { selectionSet }: OperationDefinitionNode): string | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const seen = new Set<string>();
  /** By the key in the answer: the same field selected twice under one key is one. */
  const fields = new Map<string, string>();
  let conditional = false;

  function walk(set: SelectionSetNode): void {
    for (const selection of set.selections) {
      conditional ||= (selection.directives ?? []).some(
        ({ name }) => name.value === 'skip' || name.value === 'include',
      );
      if (selection.kind === Kind.FIELD) fields.set((selection.alias ?? selection.name).value, selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) walk(fragment.selectionSet);
      }
    }
  }
  walk(selectionSet);
  if (conditional) return 'A subscription takes no @skip or @include on its root field.';
  const [name] = fields.values();
  if (fields.size > 1) return 'A subscription has one root field. Send the others as subscriptions of their own.';
  return name?.startsWith('__') ? 'A subscription cannot ask about the schema. Send that as a query.' : undefined;
}
