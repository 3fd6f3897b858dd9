import type { QueryPlanner } from '@graphql-hive/router-query-planner';
import { buildSchema, type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { compileAnswer, type Write } from '#src/compile/answer.ts';
import type { FetchedNames } from '#src/fetched-names.ts';
import { conditionKey, type Operation, operationOf } from '#src/operation.ts';
import { compilePlan, type Step } from '#src/plan-runner.ts';
import { forPlanner } from '#src/planner-document.ts';
import { plannerProblems } from '#src/planner-limits.ts';

export interface SubgraphSdl {
  readonly name: string;
  readonly sdl: string;
}

/** All subgraphs as one: what people see, and how a query is split. Never changed; a new one takes its place. */
export interface Supergraph {
  readonly schema: GraphQLSchema;
  /** As people see it: without anything of federation. */
  readonly publicSdl: string;
  /** One operation of a document. Kept for as long as the document is. */
  operation(document: DocumentNode, operationName?: string): PlannedOperation;
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
  /** Writes the answer. */
  readonly write: Write;
  /** How what was fetched is called in the answer. */
  readonly names: FetchedNames;
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
    const problems = plannerProblems(services);
    if (problems.length > 0) return { problem: problems.join('\n') };
    const result = composeServices(services);
    if (!result.supergraphSdl) return { problem: (result.errors ?? []).map((error) => error.message).join('\n') };
    // The planner's own idea of the public schema declares the types of introspection like any others.
    return { ok: supergraphOf(new QueryPlanner(result.supergraphSdl), result.supergraphSdl, result.publicSdl) };
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

  function make(operation: Operation, variables: Variables): Planned {
    const { text, names } = forPlanner({ schema, operation, variables, reserved });
    const plan = text === undefined ? undefined : planner.plan(text, operation.node.name?.value, new Set(), 0);
    const write = compileAnswer({ schema, operation, variables, names });
    return { step: plan?.node && compilePlan({ schema, read }, plan.node), write, names };
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
