import type { PlanNode, QueryPlanner } from '@graphql-hive/router-query-planner';
import { buildSchema, type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { compileAnswer, type Write } from '#src/compile/answer.ts';
import type { FetchedNames } from '#src/fetched-names.ts';
import { conditionKey, type Operation, operationOf } from '#src/operation.ts';
import { compilePlan, repeatedOperations, type Step } from '#src/plan-runner.ts';
import { forPlanner } from '#src/planner-document.ts';
import { plannerProblems } from '#src/planner-limits.ts';
import { type SourcePlan, sourcePlan } from '#src/subscribe.ts';

export interface SubgraphSdl {
  readonly name: string;
  readonly sdl: string;
  /** Written by somebody else than the house: see `plannerProblems`. */
  readonly foreign?: boolean;
}

/** All subgraphs as one: what people see, and how a query is split. Never changed; a new one takes its place. */
export interface Supergraph {
  readonly schema: GraphQLSchema;
  /** As people see it: without anything of federation. */
  readonly publicSdl: string;
  /** One operation of a document. Kept for as long as the document is. */
  operation(document: DocumentNode, operationName?: string): PlannedOperation;
  /**
   * The planner's own plan for this setting of the conditions, to be read by people; undefined where nobody is asked.
   * Made anew each time.
   */
  explain(document: DocumentNode, variables: Variables, operationName?: string): PlanNode | undefined;
}

type Variables = { readonly [name: string]: unknown };

export interface PlannedOperation {
  readonly operation: Operation;
  /** How it is split and answered with this setting of its conditions. */
  plan(variables: Variables): Planned;
}

export interface Planned {
  /** Fetches what the operation needs; undefined where it asks nobody. */
  readonly step: Step | undefined;
  /** Of a subscription, which then has no step. */
  readonly source?: SourcePlan;
  /** Writes the answer. */
  readonly write: Write;
  /** How what was fetched is called in the answer. */
  readonly names: FetchedNames;
}

/** What composing makes, before anything can be planned: text, so that another thread can make it. */
export interface ComposedText {
  readonly supergraphSdl: string;
  readonly publicSdl: string;
}

export type Composed =
  | { readonly ok: ComposedText }
  /** `isPassing`: nothing is said of the subgraphs; another time they may fit. */
  | { readonly problem: string; readonly isPassing?: boolean };

/** Composes subgraphs, or says in one text why they do not fit together. */
export type ComposeSubgraphs = (subgraphs: readonly SubgraphSdl[]) => Promise<Composed>;

export const composeSubgraphs: ComposeSubgraphs = async (subgraphs) => {
  const { composeServices } = await import('@theguild/federation-composition');
  try {
    const services = subgraphs.map(({ name, sdl, foreign = false }) => ({
      name,
      typeDefs: parse(sdl, { noLocation: true }),
      foreign,
    }));
    const problems = plannerProblems(services);
    if (problems.length > 0) return { problem: problems.join('\n') };
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
  return supergraphOf(planner, supergraphSdl, publicSdl);
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

function supergraphOf(planner: QueryPlanner, supergraphSdl: string, publicSdl: string): Supergraph {
  const schema = buildSchema(publicSdl, { assumeValid: true, noLocation: true });
  const reserved = reservedNames(supergraphSdl);
  const parsed = new LRUCache<string, DocumentNode>({ max: maxParsed });
  const read = (text: string): DocumentNode => {
    let document = parsed.get(text);
    if (!document) parsed.set(text, (document = parse(text, { noLocation: true })));
    return document;
  };
  const operations = new WeakMap<DocumentNode, Map<string, PlannedOperation>>();

  function split(operation: Operation, variables: Variables) {
    const { text, names } = forPlanner({ schema, operation, variables, reserved });
    const name = operation.node.name?.value;
    return { names, plan: text === undefined ? undefined : planner.plan(text, name, new Set(), 0).node };
  }

  function make(operation: Operation, variables: Variables): Planned {
    const { plan, names } = split(operation, variables);
    const write = compileAnswer({ schema, operation, variables, names });
    // Between the fields of a mutation an entity may change.
    const repeated = operation.node.operation === 'mutation' ? new Set<string>() : repeatedOperations(plan);
    const compiler = { schema, read, repeated };
    const source = sourcePlan(compiler, plan);
    if (source) return { step: undefined, source, write, names };
    return { step: plan && compilePlan(compiler, plan), write, names };
  }

  return {
    schema,
    publicSdl,
    operation(document, operationName = '') {
      let ofDocument = operations.get(document);
      if (!ofDocument) operations.set(document, (ofDocument = new Map()));
      let planned = ofDocument.get(operationName);
      if (!planned)
        ofDocument.set(
          operationName,
          (planned = createPlannedOperation(operationOf(document, operationName || undefined), make)),
        );
      return planned;
    },
    explain: (document, variables, operationName) => split(operationOf(document, operationName), variables).plan,
  };
}

/** Settings of an operation's conditions whose plans are kept: three variables have eight. */
const maxSettings = 8;

function createPlannedOperation(
  operation: Operation,
  make: (operation: Operation, variables: Variables) => Planned,
): PlannedOperation {
  const plans = new Map<string, Planned>();
  return {
    operation,
    plan(variables) {
      const key = conditionKey(operation, variables);
      let planned = plans.get(key);
      if (!planned) {
        if (plans.size >= maxSettings) plans.delete(plans.keys().next().value!);
        plans.set(key, (planned = make(operation, variables)));
      }
      return planned;
    },
  };
}

/**
 * What the planner may ask for on its own: fields of keys, and what others require or bring along. Those that it asks
 * with arguments stand with a parenthesis: not even the plain field of that name may be called so.
 */
function reservedNames(supergraphSdl: string): Set<string> {
  const names = new Set<string>();
  for (const [, text = ''] of supergraphSdl.matchAll(/\b(?:key|requires|provides): ("(?:[^"\\]|\\.)*")/g))
    for (const [, name = '', given = ''] of (JSON.parse(text) as string).matchAll(/([_A-Za-z]\w*)\s*(\(?)/g)) {
      names.add(name);
      names.add(name + given);
    }
  return names;
}
