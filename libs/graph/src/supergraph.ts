import type { QueryPlanner } from '@graphql-hive/router-query-planner';
import { buildSchema, type DocumentNode, type GraphQLSchema, parse, print } from 'graphql';
import { LRUCache } from 'lru-cache';
import { compileAnswer, type Write } from '#src/compile/answer.ts';
import { conditionKey, type Operation, operationOf } from '#src/operation.ts';
import { compilePlan, type Step } from '#src/plan-runner.ts';
import { forPlanner, isAboutSchema } from '#src/planner-document.ts';
import { type SourcePlan, sourcePlan } from '#src/subscribe.ts';

export interface SubgraphSdl {
  readonly name: string;
  readonly sdl: string;
}

/** All subgraphs as one: what people see, and how a query is split. Never changed; a new one takes its place. */
export interface Supergraph {
  readonly schema: GraphQLSchema;
  /** As people see it: without anything of federation. */
  readonly publicSdl: string;
  /** How the operation is split. Kept for as long as the document is. */
  plan(document: DocumentNode, operationName?: string): Planned;
}

export interface Planned {
  readonly operation: Operation;
  /** Fetches what the operation needs; undefined where it asks nobody. */
  readonly step: Step | undefined;
  /** Of a subscription, which then has no step. */
  readonly source?: SourcePlan;
  /** Writes the answer for these variables. */
  writer(variables: { readonly [name: string]: unknown }): Write;
}

export type Composed = { readonly ok: Supergraph } | { readonly problem: string };

/** Composes subgraphs, or says in one text why they do not fit together. */
export async function composeSupergraph(subgraphs: readonly SubgraphSdl[]): Promise<Composed> {
  const [{ composeServices }, { QueryPlanner }] = await Promise.all([
    import('@theguild/federation-composition'),
    import('@graphql-hive/router-query-planner'),
  ]);
  try {
    const services = subgraphs.map(({ name, sdl }) => ({ name, typeDefs: parse(sdl, { noLocation: true }) }));
    const result = composeServices(services);
    if (!result.supergraphSdl) return { problem: (result.errors ?? []).map((error) => error.message).join('\n') };
    // The planner's own idea of the public schema declares the types of introspection like any others.
    return { ok: supergraphOf(new QueryPlanner(result.supergraphSdl), result.publicSdl) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Operations of subgraphs that are kept by their text. */
const maxParsed = 2000;

function supergraphOf(planner: QueryPlanner, publicSdl: string): Supergraph {
  const schema = buildSchema(publicSdl, { assumeValid: true, noLocation: true });
  const parsed = new LRUCache<string, DocumentNode>({ max: maxParsed });
  const read = (text: string): DocumentNode => {
    let document = parsed.get(text);
    if (!document) parsed.set(text, (document = parse(text, { noLocation: true })));
    return document;
  };
  const plans = new WeakMap<DocumentNode, Map<string, Planned>>();

  function make(document: DocumentNode, operationName: string | undefined): Planned {
    const operation = operationOf(document, operationName);
    const writer = createWriters(schema, operation);
    const { node } = operation;
    if (node.selectionSet.selections.every(isAboutSchema)) return { operation, writer, step: undefined };
    const text = print(forPlanner(schema, document));
    const plan = planner.plan(text, node.name?.value, new Set(), 0);
    const source = sourcePlan({ schema, read }, plan.node);
    if (source) return { operation, writer, step: undefined, source };
    return { operation, writer, step: plan.node && compilePlan({ schema, read }, plan.node) };
  }

  return {
    schema,
    publicSdl,
    plan(document, operationName) {
      let ofDocument = plans.get(document);
      if (!ofDocument) plans.set(document, (ofDocument = new Map()));
      let planned = ofDocument.get(operationName ?? '');
      if (!planned) ofDocument.set(operationName ?? '', (planned = make(document, operationName)));
      return planned;
    },
  };
}

/** Settings of an operation's conditions whose writers are kept: two variables have four. */
const maxWriters = 8;

function createWriters(schema: GraphQLSchema, operation: Operation): Planned['writer'] {
  const writers = new Map<string, Write>();
  return (variables) => {
    const key = conditionKey(operation, variables);
    let writer = writers.get(key);
    if (!writer) {
      if (writers.size >= maxWriters) writers.delete(writers.keys().next().value!);
      writers.set(key, (writer = compileAnswer({ schema, operation, variables })));
    }
    return writer;
  };
}
