import type { PlanNode, QueryPlanner } from '@graphql-hive/router-query-planner';
import { buildSchema, type DocumentNode, type GraphQLSchema, parse, print } from 'graphql';
import { LRUCache } from 'lru-cache';
import { compileAnswer, type Write } from '#src/compile/answer.ts';
import { conditionKey, type Operation, operationOf } from '#src/operation.ts';
import { compilePlan, type Step } from '#src/plan-runner.ts';
import { forPlanner, isAboutSchema } from '#src/planner-document.ts';

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
  /** The planner's own plan, to be read by people; undefined where nobody is asked. Made anew each time. */
  explain(document: DocumentNode, operationName?: string): PlanNode | undefined;
}

export interface Planned {
  readonly operation: Operation;
  /** Fetches what the operation needs; undefined where it asks nobody. */
  readonly step: Step | undefined;
  /** Writes the answer for these variables. */
  writer(variables: { readonly [name: string]: unknown }): Write;
}

/** What composing makes, before anything can be planned: text, so that another thread can make it. */
export interface ComposedText {
  readonly supergraphSdl: string;
  readonly publicSdl: string;
}

export type Composed = { readonly ok: ComposedText } | { readonly problem: string };

/** Composes subgraphs, or says in one text why they do not fit together. */
export type ComposeSubgraphs = (subgraphs: readonly SubgraphSdl[]) => Promise<Composed>;

export const composeSubgraphs: ComposeSubgraphs = async (subgraphs) => {
  const { composeServices } = await import('@theguild/federation-composition');
  try {
    const services = subgraphs.map(({ name, sdl }) => ({ name, typeDefs: parse(sdl, { noLocation: true }) }));
    const { supergraphSdl, publicSdl, errors } = composeServices(services);
    if (!supergraphSdl) return { problem: (errors ?? []).map((error) => error.message).join('\n') };
    return { ok: { supergraphSdl, publicSdl } };
  } catch (error) {
    return { problem: (error as Error).message };
  }
};

/** Makes a composition ready to plan for. */
export async function openSupergraph({ supergraphSdl, publicSdl }: ComposedText): Promise<Supergraph> {
  const { QueryPlanner } = await import('@graphql-hive/router-query-planner');
  const planner = new QueryPlanner(supergraphSdl);
  // Requests go on between the two: each takes some milliseconds of computing.
  await new Promise((resolve) => setImmediate(resolve));
  // The planner's own idea of the public schema declares the types of introspection like any others.
  return supergraphOf(planner, publicSdl);
}

/** Both at once. */
export async function composeSupergraph(
  subgraphs: readonly SubgraphSdl[],
): Promise<{ readonly ok: Supergraph } | { readonly problem: string }> {
  const composed = await composeSubgraphs(subgraphs);
  if ('problem' in composed) return composed;
  try {
    return { ok: await openSupergraph(composed.ok) };
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

  function split(document: DocumentNode, { node }: Operation): PlanNode | undefined {
    if (node.selectionSet.selections.every(isAboutSchema)) return undefined;
    const text = print(forPlanner(schema, document));
    return planner.plan(text, node.name?.value, new Set(), 0).node;
  }

  function make(document: DocumentNode, operationName: string | undefined): Planned {
    const operation = operationOf(document, operationName);
    const plan = split(document, operation);
    return { operation, writer: createWriters(schema, operation), step: plan && compilePlan({ schema, read }, plan) };
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
    explain: (document, operationName) => split(document, operationOf(document, operationName)),
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
