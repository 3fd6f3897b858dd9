import { type DocumentNode, Kind, type ObjectTypeDefinitionNode, type ObjectTypeExtensionNode } from 'graphql';

export interface PlannedSubgraph {
  readonly name: string;
  readonly typeDefs: DocumentNode;
}

/**
 * What composes and the planner cannot split all the same: it looks for one of the keys where it is not and ends the
 * process, which no `catch` sees. Said before a supergraph is used.
 */
export function plannerProblems(subgraphs: readonly PlannedSubgraph[]): string[] {
  return subgraphs.flatMap(({ name, typeDefs }) => {
    const keys = new Map<string, number>();
    const requiring = new Set<string>();
    for (const definition of typeDefs.definitions) {
      if (!isObjectType(definition)) continue;
      const type = definition.name.value;
      const own = definition.directives?.filter((directive) => directive.name.value === 'key').length ?? 0;
      keys.set(type, (keys.get(type) ?? 0) + own);
      const requires = definition.fields?.some(({ directives }) =>
        directives?.some((directive) => directive.name.value === 'requires'),
      );
      if (requires) requiring.add(type);
    }
    return [...requiring]
      .filter((type) => (keys.get(type) ?? 0) > 1)
      .map(
        (type) => `${name}: ${type} has a field with @requires and several keys. Give it one @key in this subgraph.`,
      );
  });
}

function isObjectType(node: { kind: string }): node is ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
}
