/** Deployments: how they went, their log, and what can be done with them. */
import { privilege, reference, signedIn } from '@steading/graph';
import { cancelDeployment, deploy, rollBack, rollbackProblem } from '#src/actions/deploy.ts';
import { findDeployment } from '#src/actions/find.ts';
import type { DetectionRecord, LineRecord, TraceRecord } from '#src/deployments-db.ts';
import { toLine, unstoredLine } from '#src/follow.ts';
import { missing } from '#src/graph/project-graph.ts';
import type { GraphParts } from '#src/graph/types.ts';
import { logDb } from '#src/log-db.ts';

export function addDeployments(parts: GraphParts): void {
  addDetectionType(parts);
  addDeploymentType(parts);
  const { builder, types, deps } = parts;
  builder.queryField('deployment', (t) =>
    t.field({
      type: types.Deployment,
      args: { id: t.arg.id({ required: true }) },
      // The forest is asked about its app, which only the row names.
      access: signedIn(),
      resolve: (_root, { id }, context) => findDeployment(deps, context.caller, 'app.read', id),
    }),
  );
  builder.mutationFields((t) => ({
    deploy: t.field({
      type: types.Deployment,
      args: { appId: t.arg.id({ required: true }), commit: t.arg.string() },
      access: (args) => privilege('app.deploy', args.appId),
      resolve: (_root, args, context) => deploy(deps, context.caller, args.appId, args.commit),
    }),
    cancelDeployment: t.field({
      type: types.Deployment,
      args: { id: t.arg.id({ required: true }) },
      access: signedIn(),
      resolve: (_root, args, context) => cancelDeployment(deps, context.caller, args.id),
    }),
    rollBack: t.field({
      type: types.Deployment,
      args: { appId: t.arg.id({ required: true }), toDeploymentId: t.arg.id({ required: true }) },
      access: (args) => privilege('app.rollback', args.appId),
      resolve: (_root, args, context) => rollBack(deps, context.caller, args.appId, args.toDeploymentId),
    }),
  }));
}

function addDeploymentType(parts: GraphParts): void {
  const { builder, types, loaders, deps, may } = parts;
  const made = { ...logTypes(parts), Trace: traceType(parts), Stage: stageType(parts) };
  types.Deployment.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      number: t.exposeInt('number'),
      app: t.field({
        type: types.App,
        resolve: async (row, _args, context) => (await loaders.app(context).load(row.app_id)) ?? missing('app'),
      }),
      state: t.exposeString('state'),
      reason: t.exposeString('reason', { nullable: true }),
      reasonCode: t.exposeString('reason_code', { nullable: true }),
      trigger: t.exposeString('trigger'),
      by: t.field({
        type: types.Person,
        nullable: true,
        resolve: (row) =>
          row.by_principal.startsWith('user:') ? { id: row.by_principal.slice('user:'.length) } : null,
      }),
      commit: t.exposeString('commit_id', { nullable: true }),
      commitMessage: t.exposeString('commit_message', { nullable: true }),
      commitAuthor: t.exposeString('commit_author', { nullable: true }),
      branch: t.exposeString('branch', { nullable: true }),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      finishedAt: t.expose('finished_at', { type: 'DateTime', nullable: true }),
      stages: t.field({ type: [made.Stage], resolve: (row) => row.stages }),
      detection: t.field({ type: types.Detection, nullable: true, resolve: (row) => row.detection }),
      log: t.field({
        type: types.LogPage,
        args: { after: t.arg.int({ defaultValue: 0 }), limit: t.arg.int({ defaultValue: 1000 }) },
        access: (_args, row) => privilege('app.read-logs', row.app_id),
        resolve: async (row, args) => {
          const limit = Math.min(2000, Math.max(1, args.limit ?? 1000));
          const after = Math.max(0, args.after ?? 0);
          const lines = await logDb.after(deps.db, row.id, after, limit + 1);
          const shown = lines.slice(0, limit).map(toLine);
          const more = lines.length > limit;
          const missing = more ? [] : unstoredLine(row, shown.at(-1)?.position ?? after);
          return { lines: [...shown, ...missing], after, more };
        },
      }),
      lastLines: t.field({
        type: [made.Line],
        // Shown beside the reason of a failure: whoever may not read logs sees the reason alone.
        resolve: (row, _args, context) => (may(context, 'app.read-logs', row.app_id) ? (row.last_lines ?? []) : []),
      }),
      trace: t.field({ type: made.Trace, nullable: true, resolve: (row) => row.trace }),
      canRollBackTo: t.boolean({
        resolve: async (row, _args, context) => {
          const app = await loaders.app(context).load(row.app_id);
          return app !== undefined && rollbackProblem(app, row) === undefined;
        },
      }),
      isLive: t.boolean({
        resolve: async (row, _args, context) => {
          const app = await loaders.app(context).load(row.app_id);
          return app?.live_deployment_id === row.id && !app.stopped;
        },
      }),
    }),
  });
  builder.asEntity(types.Deployment, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(builder, signedIn(), ({ id }: { id: string }, context) =>
      findDeployment(deps, context.caller, 'app.read', id),
    ),
  });
}

function stageType({ builder }: GraphParts) {
  return builder
    .objectRef<{ name: string; state: string; startedAt?: string; finishedAt?: string }>('Stage')
    .implement({
      fields: (t) => ({
        name: t.exposeString('name'),
        state: t.exposeString('state'),
        startedAt: t.field({ type: 'DateTime', nullable: true, resolve: (stage) => stage.startedAt ?? null }),
        finishedAt: t.field({ type: 'DateTime', nullable: true, resolve: (stage) => stage.finishedAt ?? null }),
      }),
    });
}

function addDetectionType({ builder, types }: GraphParts): void {
  const Commands = builder.objectRef<DetectionRecord['commands']>('BuildCommands').implement({
    fields: (t) => ({
      install: t.string({ nullable: true, resolve: (commands) => commands.install ?? null }),
      build: t.string({ nullable: true, resolve: (commands) => commands.build ?? null }),
      start: t.string({ nullable: true, resolve: (commands) => commands.start ?? null }),
    }),
  });
  types.Detection.implement({
    fields: (t) => ({
      builder: t.exposeString('builder'),
      title: t.exposeString('title'),
      reasons: t.stringList({ resolve: (detection) => [...detection.reasons] }),
      commands: t.field({ type: Commands, resolve: (detection) => detection.commands }),
      node: t.string({ nullable: true, resolve: (detection) => detection.node?.toString() ?? null }),
    }),
  });
}

function logTypes({ builder, types }: GraphParts) {
  const Line = builder.objectRef<LineRecord>('LogLine').implement({
    fields: (t) => ({
      position: t.exposeInt('position'),
      at: t.field({ type: 'DateTime', resolve: (line) => line.at }),
      stage: t.exposeString('stage'),
      stream: t.exposeString('stream'),
      text: t.exposeString('text'),
    }),
  });
  types.LogPage.implement({
    fields: (t) => ({
      lines: t.field({ type: [Line], resolve: (page) => [...page.lines] }),
      last: t.int({ resolve: (page) => page.lines.at(-1)?.position ?? page.after }),
      more: t.exposeBoolean('more'),
    }),
  });
  return { Line };
}

function traceType({ builder }: GraphParts) {
  const Sample = builder.objectRef<TraceRecord['samples'][number]>('ProbeSample').implement({
    fields: (t) => ({
      at: t.field({ type: 'DateTime', resolve: (sample) => sample.at }),
      ok: t.exposeBoolean('ok'),
      ms: t.exposeFloat('ms'),
      generation: t.exposeString('generation'),
    }),
  });
  return builder.objectRef<TraceRecord>('ProbeTrace').implement({
    fields: (t) => ({
      sent: t.exposeInt('sent'),
      lost: t.exposeInt('lost'),
      firstAt: t.field({ type: 'DateTime', nullable: true, resolve: (trace) => trace.firstAt }),
      lastAt: t.field({ type: 'DateTime', nullable: true, resolve: (trace) => trace.lastAt }),
      worstMs: t.exposeFloat('worstMs'),
      samples: t.field({ type: [Sample], resolve: (trace) => [...trace.samples] }),
    }),
  });
}
