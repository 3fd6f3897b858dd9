import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import type { Data } from '#src/plan-data.ts';

/** One operation of a document, with what it needs of the rest. */
export interface Operation {
  readonly node: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  /** Variables that say whether something is selected at all. */
  readonly conditions: readonly string[];
  readonly asksAboutSchema: boolean;
}

/** Throws where a document has no such operation: it was not checked before. */
export function operationOf(document: DocumentNode, name: string | undefined): Operation {
  const node = getOperationAST(document, name);
  if (!node) throw new Error('bug: a document was planned that was not validated');
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  const conditions = new Set<string>();
  let asksAboutSchema = false;
  visit(document, {
    Field({ name: { value }, alias }) {
      // As the name of a property it is a setter, which no object of an answer can have beside its own.
      if (alias?.value === '__proto__')
        throw new GraphQLError('A field may not be called __proto__. Choose another alias.', {
          extensions: { code: 'bad-input', status: 400 },
        });
      asksAboutSchema ||= value === '__schema' || value === '__type';
    },
    Directive({ name: { value }, arguments: given }) {
      if (value !== 'skip' && value !== 'include') return;
      for (const argument of given ?? [])
        if (argument.value.kind === Kind.VARIABLE) conditions.add(argument.value.name.value);
    },
  });
  return { node, fragments, conditions: [...conditions], asksAboutSchema };
}

export interface AboutSchema {
  /** By response key. */
  readonly data: Data;
  /** A default that its scalar cannot write as a literal is one. */
  readonly errors: readonly GraphQLError[];
}

/** Answers `__schema` and `__type` from the schema as people see it. No subgraph is asked. */
export function answerAboutSchema(
  schema: GraphQLSchema,
  { node, fragments }: Operation,
  variables: { readonly [name: string]: unknown },
): AboutSchema {
  const root = schema.getRootType(node.operation)!;
  const selected = collectFields(schema, fragments, variables, root, node.selectionSet);
  const selections: FieldNode[] = [...selected.values()].flat().filter(isAboutSchema);
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [{ ...node, selectionSet: { ...node.selectionSet, selections } }, ...Object.values(fragments)],
  };
  const { data, errors = [] } = executeSync({ schema, document, variableValues: variables });
  return { data: (data ?? {}) as Data, errors };
}

const isAboutSchema = ({ name: { value } }: FieldNode) => value === '__schema' || value === '__type';

/** Which of its conditions hold: operations are compiled apart for each setting. */
export function conditionKey({ conditions }: Operation, variables: { readonly [name: string]: unknown }): string {
  let key = '';
  for (const name of conditions) key += variables[name] === true ? '1' : '0';
  return key;
}
