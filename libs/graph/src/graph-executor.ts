import { kitErrors } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import type { Data } from '#src/plan-data.ts';
import { type CallSubgraph, runPlan, type SubgraphOperation } from '#src/plan-runner.ts';
import { project } from '#src/projection.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { composeSupergraph, type SubgraphSdl, type Supergraph } from '#src/supergraph.ts';

export interface GraphOperationText {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

/** One endpoint over the subgraphs of all services. */
export interface GraphExecutor {
  /** Runs a validated operation. A request keeps the supergraph that it began with. */
  execute(operation: GraphOperationText, context: GraphContext): Promise<ExecutionResult>;
  /** Puts these subgraphs in place of the ones before; where they do not fit together, says why and keeps the old. */
  setSubgraphs(list: readonly SubgraphSdl[]): Promise<{ readonly ok: true } | { readonly problem: string }>;
  /** The schema as people see it; undefined before the first subgraphs. For validation. */
  readonly schema: GraphQLSchema | undefined;
  readonly publicSdl: string | undefined;
}

export interface GraphExecutorOptions {
  call(service: string, operation: SubgraphOperation, context: GraphContext): Promise<ExecutionResult>;
}

/**
 * The executor: Hive's planner (Rust) says which subgraph is asked what and in which order; this runs the plan in the
 * process, without HTTP, delegation or plug-ins in between, and graphql-js makes the answer from what came in.
 */
export function createGraphExecutor(options: GraphExecutorOptions): GraphExecutor {
  let current: Supergraph | undefined;

  async function execute(asked: GraphOperationText, context: GraphContext): Promise<ExecutionResult> {
    const supergraph = current;
    if (!supergraph) throw kitErrors('unavailable', { what: 'The GraphQL endpoint' });
    const { operation, plan } = supergraph.plan(asked.document, asked.operationName);
    const given = getVariableValues(supergraph.schema, operation.variableDefinitions ?? [], { ...asked.variables });
    if (given.errors) return { errors: given.errors.map(asBadInput) };
    const data: Data = { __typename: rootTypeName(supergraph.schema, operation.operation) };
    const errors: GraphQLError[] = [];
    const call: CallSubgraph = (service, part) => options.call(service, part, context);
    if (plan.node)
      await runPlan(plan.node, { schema: supergraph.schema, variables: given.coerced, call, data, errors });
    return project({
      schema: supergraph.schema,
      document: asked.document,
      operationName: asked.operationName,
      variables: asked.variables ?? {},
      data,
      errors,
    });
  }

  return {
    execute,
    async setSubgraphs(list) {
      const composed = await composeSupergraph(list);
      if ('problem' in composed) return composed;
      current = composed.ok;
      return { ok: true };
    },
    get schema() {
      return current?.schema;
    },
    get publicSdl() {
      return current?.publicSdl;
    },
  };
}

function rootTypeName(schema: GraphQLSchema, operation: 'query' | 'mutation' | 'subscription'): string | undefined {
  return schema.getRootType(operation as Parameters<GraphQLSchema['getRootType']>[0])?.name;
}

function asBadInput(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { code: 'bad-input', status: 400 } });
}
