/** Makes a failing operation smaller for as long as it fails: fewer selections, directives, arguments, variables. */
import {
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  parse,
  print,
  validate,
  visit,
} from 'graphql';
import type { MadeOperation } from './make-operation.ts';

/** Nodes that may go, or give way to what they hold. */
const droppable = new Set<string>([
  Kind.FIELD,
  Kind.INLINE_FRAGMENT,
  Kind.FRAGMENT_SPREAD,
  Kind.FRAGMENT_DEFINITION,
  Kind.OPERATION_DEFINITION,
  Kind.DIRECTIVE,
  Kind.ARGUMENT,
  Kind.VARIABLE_DEFINITION,
  Kind.OBJECT_FIELD,
]);

const maxTries = 2000;

export interface ShrinkOptions {
  readonly schema: GraphQLSchema;
  fails(operation: MadeOperation): Promise<boolean>;
}

export async function shrink(failing: MadeOperation, { schema, fails }: ShrinkOptions): Promise<MadeOperation> {
  let smallest = failing;
  let tries = 0;
  for (let changed = true; changed && tries < maxTries; ) {
    changed = false;
    for (const document of smallerThan(smallest.document)) {
      if (tries++ > maxTries) break;
      const smaller = checked(schema, smallest, document);
      if (!smaller || !(await fails(smaller))) continue;
      smallest = smaller;
      changed = true;
      break;
    }
  }
  return smallest;
}

/** Undefined where nothing is left that could be run. */
function checked(schema: GraphQLSchema, before: MadeOperation, smaller: DocumentNode): MadeOperation | undefined {
  const text = print(smaller);
  if (text === before.text) return undefined;
  try {
    const document = parse(text);
    const runs = getOperationAST(document, before.operationName) && validate(schema, document).length === 0;
    return runs ? { ...before, document, text } : undefined;
  } catch {
    return undefined;
  }
}

function* smallerThan(document: DocumentNode): Generator<DocumentNode> {
  const nodes: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (droppable.has(node.kind)) nodes.push(node);
    },
  });
  for (const node of nodes) {
    yield visit(document, { enter: (one) => (one === node ? null : undefined) }) as DocumentNode;
    if (node.kind === Kind.INLINE_FRAGMENT) yield hoisted(document, node, node.selectionSet.selections);
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
        yield withoutUnused(
          hoisted(document, node, [
            { kind: Kind.INLINE_FRAGMENT, typeCondition: fragment.typeCondition, selectionSet: fragment.selectionSet },
          ]),
        );
    }
    if (node.kind === Kind.FIELD && node.alias)
      yield visit(document, {
        Field: (one) => (one === node ? { ...one, alias: undefined } : undefined),
      }) as DocumentNode;
  }
}

function hoisted(document: DocumentNode, node: ASTNode, inside: readonly unknown[]): DocumentNode {
  return visit(document, {
    SelectionSet(set) {
      const index = set.selections.indexOf(node as never);
      return index < 0 ? undefined : { ...set, selections: set.selections.toSpliced(index, 1, ...(inside as never[])) };
    },
  }) as DocumentNode;
}

function withoutUnused(document: DocumentNode): DocumentNode {
  const text = print(document);
  return {
    ...document,
    definitions: document.definitions.filter(
      (one) =>
        one.kind !== Kind.FRAGMENT_DEFINITION ||
        text.includes(`...${one.name.value}\n`) ||
        text.includes(`...${one.name.value} `),
    ),
  };
}
