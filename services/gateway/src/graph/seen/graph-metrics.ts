import { Counter, type Registry } from 'prom-client';
import { createSecondsHistogram } from '#src/graph/seen/seconds-histogram.ts';

export interface GraphMetrics {
  /** The name of an operation of the web app, or `other`. */
  operation(name: string, ms: number): void;
  call(subgraph: string, ms: number): void;
  error(code: string): void;
  /** An answer to an event of a subscription. */
  event(): void;
  supergraph(refusedSome: boolean): void;
}

export const noGraphMetrics: GraphMetrics = { operation() {}, call() {}, error() {}, event() {}, supergraph() {} };

/** Of names that come from outside: those of a build's documents, of subgraphs, of errors that apps' subgraphs answer. */
const maxLabels = 300;

export function createGraphMetrics(registry: Registry): GraphMetrics {
  const registers = [registry];
  const operations = createSecondsHistogram({
    name: 'steading_graph_operation_seconds',
    help: 'GraphQL operations, by the name of those of the web app; all others are other.',
    label: 'operation',
    maxLabels,
    registry,
  });
  const calls = createSecondsHistogram({
    name: 'steading_graph_subgraph_seconds',
    help: 'Calls of subgraphs.',
    label: 'subgraph',
    maxLabels,
    registry,
  });
  const errors = new Counter({
    name: 'steading_graph_errors_total',
    help: 'Errors in GraphQL answers, by their code in the catalogue.',
    labelNames: ['code'],
    registers,
  });
  const events = new Counter({
    name: 'steading_graph_events_total',
    help: 'Answers to events of GraphQL subscriptions.',
    registers,
  });
  const changes = new Counter({
    name: 'steading_graph_supergraph_changes_total',
    help: 'Changes of the supergraph: taken, or with subgraphs that were refused.',
    labelNames: ['result'],
    registers,
  });
  const codes = new Set<string>();
  const codeLabel = (code: string): string => {
    if (codes.has(code)) return code;
    if (codes.size >= maxLabels || !/^[a-z0-9.-]{1,64}$/.test(code)) return 'other';
    codes.add(code);
    return code;
  };
  return {
    operation: (name, ms) => operations.observe(name, ms),
    call: (name, ms) => calls.observe(name, ms),
    error: (code) => errors.inc({ code: codeLabel(code) }),
    event: () => events.inc(),
    supergraph: (refusedSome) => changes.inc({ result: refusedSome ? 'refused' : 'taken' }),
  };
}
