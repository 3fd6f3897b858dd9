/** One world with its answers, ours and plain; and a run over many. */
import { execute, type GraphQLSchema } from 'graphql';
import { type Graph, startGraph } from '../graph-harness.ts';
import { type Answer, answerOf, differenceOf } from './compare-answers.ts';
import type { Features } from './make-federation.ts';
import { type MadeOperation, makeOperation } from './make-operation.ts';
import { coreFeatures, makeWorld } from './make-world.ts';
import { shrink } from './shrink.ts';
import type { World } from './world.ts';
import { makePlainSchema, makeSubgraphs, type WorldSubgraph } from './world-schemas.ts';

export interface RunningWorld {
  readonly world: World;
  readonly subgraphs: readonly WorldSubgraph[];
  readonly graph: Graph;
  readonly plain: GraphQLSchema;
  ours(operation: MadeOperation): Promise<Answer>;
  expected(operation: MadeOperation): Promise<Answer>;
}

/** Every other world's operations are compiled, the others' interpreted. Undefined where the parts do not compose. */
export async function startWorld(seed: number, features = coreFeatures): Promise<RunningWorld | undefined> {
  const world = makeWorld(seed, features);
  const isCompiled = seed % 2 === 1;
  const subgraphs = makeSubgraphs(world, isCompiled);
  const graph = await startGraph(subgraphs, isCompiled ? { compiledAtUse: 1 } : {});
  if ('problem' in graph) return undefined;
  const plain = makePlainSchema(world, graph.publicSdl);
  return {
    world,
    subgraphs,
    graph,
    plain,
    async ours({ document, variables, operationName }) {
      try {
        const { data, errors } = await graph.ask({ document, variables, operationName }, { count: 0 });
        return { data, errors };
      } catch (error) {
        return { data: JSON.stringify(String(error)), errors: [] };
      }
    },
    async expected({ document, variables, operationName }) {
      const result = execute({
        schema: plain,
        document,
        variableValues: variables,
        operationName: operationName ?? null,
        contextValue: { count: 0 },
      });
      return answerOf(await result);
    },
  };
}

export interface FuzzOptions {
  readonly firstSeed: number;
  readonly queries: number;
  readonly queriesPerWorld: number;
  /** Default: what is answered without exception. */
  readonly features?: Features;
  /** After this many the run ends. */
  readonly maxFailures: number;
}

export interface FuzzReport {
  readonly queries: number;
  readonly worlds: number;
  /** Worlds whose parts did not fit together. */
  readonly uncomposed: number;
  /** Answers with an error in them. */
  readonly failing: number;
  readonly calls: number;
  /** Operations for which the planner finds no plan though there is one: told as such, and never as equal. */
  readonly unplanned: number;
  readonly differences: readonly string[];
}

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const report = {
    queries: 0,
    worlds: 0,
    uncomposed: 0,
    failing: 0,
    calls: 0,
    unplanned: 0,
    differences: [] as string[],
  };
  for (let seed = options.firstSeed; report.queries < options.queries; seed++) {
    const running = await startWorld(seed, options.features);
    if (!running) {
      report.uncomposed++;
      continue;
    }
    report.worlds++;
    for (let number = 0; number < options.queriesPerWorld && report.queries < options.queries; number++) {
      report.queries++;
      const operation = makeOperation(running.plain, seed * 1000 + number);
      const plain = await running.expected(operation);
      const ours = await running.ours(operation);
      report.calls += running.graph.calls.length;
      if (plain.errors.length > 0) report.failing++;
      const unplanned = options.features !== undefined && isUnplanned(ours);
      if (unplanned) report.unplanned++;
      if (unplanned || differenceOf(ours, plain) === undefined) continue;
      report.differences.push(
        await describeDifference(running, operation, `${seed} ${number}${options.features ? ' requires' : ''}`),
      );
      if (report.differences.length >= options.maxFailures) return report;
    }
  }
  return report;
}

/** What the executor throws where the planner gives up. */
const isUnplanned = ({ data }: Answer): boolean => data?.startsWith('"Error: Failed to plan query') === true;

export async function describeDifference(
  running: RunningWorld,
  operation: MadeOperation,
  seeds: string,
): Promise<string> {
  const differs = async (one: MadeOperation) => differenceOf(await running.ours(one), await running.expected(one));
  const kindOf = (text: string | undefined) => text?.split('\n')[0];
  const kind = kindOf(await differs(operation));
  const fails = async (one: MadeOperation) => kindOf(await differs(one)) === kind;
  const small = await shrink(operation, { schema: running.plain, fails });
  const replay = `node libs/graph/tests/fuzz/replay.ts ${seeds}`;
  return `${replay}\n${small.text}\n${JSON.stringify(small.variables)}\n${await differs(small)}`;
}
