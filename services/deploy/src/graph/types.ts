/** The types of this subgraph, made before any of them has fields, because they refer to one another. */
import type { Explanation, ExplanationStep } from '@steading/access';
import type { GraphContext, SubgraphBuilder } from '@steading/graph';
import type { AppRow } from '#src/apps-db.ts';
import type { DeploymentRow, DetectionRecord, LineRecord } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import type { DomainRow } from '#src/domains-db.ts';
import type { Loaders } from '#src/graph/loaders.ts';
import type { EnvironmentRow, ProjectRow } from '#src/projects-db.ts';

export function createTypes(builder: SubgraphBuilder) {
  return {
    Person: builder
      .externalRef('Person', builder.selection<{ id: string }>('id'))
      .implement({ externalFields: (t) => ({ id: t.id() }) }),
    Project: builder.objectRef<ProjectRow>('Project'),
    Environment: builder.objectRef<EnvironmentRow>('Environment'),
    App: builder.objectRef<AppRow>('App'),
    Domain: builder.objectRef<DomainRow>('Domain'),
    Deployment: builder.objectRef<DeploymentRow>('Deployment'),
    LogPage: builder.objectRef<LogPage>('LogPage'),
    Detection: builder.objectRef<DetectionRecord>('Detection'),
    Explanation: explanationType(builder),
  };
}

export interface LogPage {
  readonly lines: readonly LineRecord[];
  /** Where the reader was. */
  readonly after: number;
  readonly more: boolean;
}

export interface GraphParts {
  readonly builder: SubgraphBuilder;
  readonly deps: Deps;
  readonly loaders: Loaders;
  readonly types: ReturnType<typeof createTypes>;
  readonly may: (context: GraphContext, privilege: string, node: string) => boolean;
}

/** The same shape as in the forest's subgraph: both own it. */
function explanationType(builder: SubgraphBuilder) {
  const Step = builder.objectRef<ExplanationStep>('AccessStep').implement({
    shareable: true,
    fields: (t) => ({
      what: t.exposeString('what'),
      text: t.exposeString('text'),
      nodeId: t.id({ nullable: true, resolve: (step) => step.node ?? null }),
      nodeName: t.string({ nullable: true, resolve: (step) => step.nodeName ?? null }),
    }),
  });
  return builder.objectRef<Explanation>('AccessExplanation').implement({
    shareable: true,
    fields: (t) => ({
      allowed: t.exposeBoolean('allowed'),
      text: t.exposeString('text'),
      steps: t.field({ type: [Step], resolve: (found) => [...found.steps] }),
    }),
  });
}
