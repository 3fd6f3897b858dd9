import { type DocumentNode, Kind, type ObjectTypeDefinitionNode, type ObjectTypeExtensionNode } from 'graphql';

export interface PlannedSubgraph {
  readonly name: string;
  readonly typeDefs: DocumentNode;
  /** Written by somebody else than the house. */
  readonly foreign?: boolean;
}

/**
 * What composes and the planner cannot split all the same, said before a supergraph is used. A type with `@requires`
 * and several keys: it looks for one of the keys where it is not and ends the process, which no `catch` sees. A type
 * with several keys alone: for rare operations planning does not come to an end, and it cannot be stopped; whoever
 * does not write the house's own code gets no such way to hold it up.
 */
export function plannerProblems(subgraphs: readonly PlannedSubgraph[]): string[] {
  return subgraphs.flatMap(({ name, typeDefs, foreign = false }) => {
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
    return [...keys].flatMap(([type, count]) => {
      if (count < 2 || !(foreign || requiring.has(type))) return [];
      const what = requiring.has(type) ? 'a field with @requires and several keys' : 'several keys';
      return [`${name}: ${type} has ${what}. Give it one @key in this subgraph.`];
    });
  });
}

function isObjectType(node: { kind: string }): node is ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
}
