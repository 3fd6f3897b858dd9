import type { Access } from '@steading/access';
import {
  createSubgraphBuilder,
  finish,
  privilege,
  type RegistryStatus,
  type Subgraph,
  type SubgraphStatus,
} from '@steading/graph';
import type { Log } from '@steading/kit';
import type { OperationTimes, SubgraphTimes } from '#src/graph/seen/operation-times.ts';

export interface StatusGraphOptions {
  readonly log: Log;
  readonly access: Access;
  /** Which gateway answers: each speaks of itself alone. */
  readonly gateway: string;
  readonly startedMs: number;
  readonly status: () => RegistryStatus;
  readonly slowest: (first: number) => readonly OperationTimes[];
}

const largestPage = 200;

/**
 * The endpoint as its operators see it. The gateway has a subgraph for it, which never leaves its process: so the answer
 * is of the gateway that was asked, and says which.
 */
export function createStatusGraph(options: StatusGraphOptions): Subgraph {
  const { log, access, gateway, startedMs, status, slowest } = options;
  const builder = createSubgraphBuilder({ service: 'gateway', log, access });
  const Part = builder.objectRef<SubgraphStatus>('GraphSubgraph').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      source: t.exposeString('source'),
      state: t.exposeString('state'),
      reason: t.exposeString('reason', { nullable: true }),
    }),
  });
  const Times = builder.objectRef<SubgraphTimes>('GraphSubgraphTimes').implement({
    fields: (t) => ({
      subgraph: t.exposeString('subgraph'),
      calls: t.exposeInt('calls'),
      errors: t.exposeInt('errors'),
      meanMs: t.float({ resolve: ({ totalMs, calls }) => round(totalMs / Math.max(1, calls)) }),
      maxMs: t.float({ resolve: ({ maxMs }) => round(maxMs) }),
    }),
  });
  const Operation = builder.objectRef<OperationTimes>('GraphOperationTimes').implement({
    fields: (t) => ({
      hash: t.exposeString('hash'),
      name: t.exposeString('name'),
      known: t.exposeBoolean('known'),
      count: t.exposeInt('count'),
      errors: t.exposeInt('errors'),
      p50Ms: t.float({ resolve: ({ p50Ms }) => round(p50Ms) }),
      p95Ms: t.float({ resolve: ({ p95Ms }) => round(p95Ms) }),
      maxMs: t.float({ resolve: ({ maxMs }) => round(maxMs) }),
      lastSeen: t.field({ type: 'DateTime', resolve: ({ lastSeen }) => new Date(lastSeen) }),
      subgraphs: t.field({ type: [Times], resolve: ({ subgraphs }) => [...subgraphs] }),
    }),
  });
  const Endpoint = builder.objectRef<object>('GraphEndpoint').implement({
    fields: (t) => ({
      gateway: t.string({ resolve: () => gateway }),
      since: t.field({ type: 'DateTime', resolve: () => new Date(startedMs) }),
      revision: t.int({ resolve: () => status().revision }),
      subgraphs: t.field({ type: [Part], resolve: () => [...status().subgraphs] }),
      operations: t.field({
        type: [Operation],
        args: { first: t.arg.int({ defaultValue: 50 }) },
        resolve: (_, { first }) => [...slowest(Math.max(1, Math.min(first ?? 50, largestPage)))],
      }),
    }),
  });
  builder.queryField('graphEndpoint', (t) =>
    t.field({ type: Endpoint, access: privilege('platform.admin', 'platform'), resolve: () => ({}) }),
  );
  return finish(builder);
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
