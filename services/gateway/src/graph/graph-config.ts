import { z } from 'zod';
import { type QueryLimits, queryLimits } from '#src/graph/limits/query-limits.ts';

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

export const graphConfig = {
  STEADING_GRAPH_DOCUMENTS: z
    .enum(['any', 'known-for-anonymous', 'known'])
    .default('any')
    .describe('which GraphQL documents are taken: any, or only those of the web app (from strangers, or from all)'),
  STEADING_GRAPH_MAX_COST: whole(100, 100_000_000)
    .default(queryLimits.cost)
    .describe('fields that one GraphQL operation may fetch, lists counted at their length'),
  STEADING_GRAPH_MAX_DEPTH: whole(3, 100).default(queryLimits.depth).describe('levels of a GraphQL operation'),
  STEADING_GRAPH_SECONDS: whole(1, 600).default(20).describe('time after which a GraphQL operation is given up'),
  STEADING_GRAPH_AT_ONCE: whole(1, 10_000)
    .default(40)
    .describe('GraphQL operations that one caller may have under way'),
  STEADING_GRAPH_MAX_ANSWER_BYTES: whole(10_000, 1_000_000_000)
    .default(16_000_000)
    .describe('largest answer of a GraphQL operation'),
  STEADING_APP_GRAPH_SECONDS: whole(1, 60)
    .default(5)
    .describe('time that an app has to answer for its fields of the GraphQL endpoint'),
  STEADING_APP_GRAPH_MAX_BYTES: whole(1_000, 100_000_000)
    .default(2_000_000)
    .describe('largest answer of an app for its fields of the GraphQL endpoint'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional().describe('OpenTelemetry collector (OTLP over HTTP) for traces'),
} as const;

export interface GraphSettings {
  readonly limits: QueryLimits;
  readonly documents: 'any' | 'known-for-anonymous' | 'known';
  readonly seconds: number;
  readonly atOnce: number;
  readonly maxAnswerBytes: number;
}

export const graphSettings: GraphSettings = {
  limits: queryLimits,
  documents: 'any',
  seconds: 20,
  atOnce: 40,
  maxAnswerBytes: 16_000_000,
};

type GraphConfig = { readonly [Name in keyof typeof graphConfig]: z.output<(typeof graphConfig)[Name]> };

export function graphSettingsOf(config: GraphConfig): GraphSettings {
  return {
    limits: { ...queryLimits, cost: config.STEADING_GRAPH_MAX_COST, depth: config.STEADING_GRAPH_MAX_DEPTH },
    documents: config.STEADING_GRAPH_DOCUMENTS,
    seconds: config.STEADING_GRAPH_SECONDS,
    atOnce: config.STEADING_GRAPH_AT_ONCE,
    maxAnswerBytes: config.STEADING_GRAPH_MAX_ANSWER_BYTES,
  };
}
