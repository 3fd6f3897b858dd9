import { Counter, Histogram, type Registry } from 'prom-client';

export interface GraphMetrics {
  /** `name` must be of a bounded set: see `operationLabel`. */
  operation(name: string, ms: number): void;
  call(subgraph: string, ms: number): void;
  error(code: string): void;
  supergraph(refusedSome: boolean): void;
}

export const noGraphMetrics: GraphMetrics = { operation() {}, call() {}, error() {}, supergraph() {} };

const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const maxLabels = 300;

/** A label whose values are bounded whatever is asked: what comes after the first few hundred is `other`. */
function createBound(): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= maxLabels) return 'other';
    seen.add(value);
    return value;
  };
}

export function createGraphMetrics(registry: Registry): GraphMetrics {
  const registers = [registry];
  const operations = new Histogram({
    name: 'steading_graph_operation_seconds',
    help: 'GraphQL operations, by the name of those of the web app; all others are other.',
    labelNames: ['operation'],
    buckets,
    registers,
  });
  const calls = new Histogram({
    name: 'steading_graph_subgraph_seconds',
    help: 'Calls of subgraphs.',
    labelNames: ['subgraph'],
    buckets,
    registers,
  });
  const errors = new Counter({
    name: 'steading_graph_errors_total',
    help: 'Errors in GraphQL answers, by their code in the catalogue.',
    labelNames: ['code'],
    registers,
  });
  const changes = new Counter({
    name: 'steading_graph_supergraph_changes_total',
    help: 'Supergraphs that took the place of the one before, or were refused in part.',
    labelNames: ['result'],
    registers,
  });
  const [operation, subgraph, code] = [createBound(), createBound(), createBound()];
  return {
    operation: (name, ms) => operations.observe({ operation: operation(name) }, ms / 1000),
    call: (name, ms) => calls.observe({ subgraph: subgraph(name) }, ms / 1000),
    error: (given) => errors.inc({ code: code(/^[a-z0-9.-]{1,64}$/.test(given) ? given : 'other') }),
    supergraph: (refusedSome) => changes.inc({ result: refusedSome ? 'refused' : 'taken' }),
  };
}
