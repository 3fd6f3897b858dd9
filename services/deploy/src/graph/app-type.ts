/** An app as it is seen. */
import { privilege, reference } from '@steading/graph';
import { serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { hookUrls } from '#src/actions/hooks.ts';
import { appState } from '#src/deployments.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import { addDomainType, appSettingTypes } from '#src/graph/app-settings-graph.ts';
import { missing } from '#src/graph/project-graph.ts';
import type { GraphParts } from '#src/graph/types.ts';
import { hostUrl } from '#src/names.ts';

/** What `may` names, and the privilege behind each. */
const actions = {
  deploy: 'deploy',
  cancel: 'cancel',
  rollback: 'rollback',
  update: 'update',
  remove: 'remove',
  readVariables: 'read-variables',
  writeVariables: 'write-variables',
  readLogs: 'read-logs',
  grant: 'grant',
  manageDomains: 'manage-domains',
} as const;

export function addAppType(parts: GraphParts): void {
  const { builder, types, loaders, deps } = parts;
  const settings = appSettingTypes(parts);
  addDomainType(parts);
  types.App.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      nameId: t.exposeString('name_id'),
      name: t.exposeString('name'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      project: t.field({
        type: types.Project,
        resolve: async (app, _args, context) =>
          (await loaders.project(context).load(app.project_id)) ?? missing('project'),
      }),
      environment: t.field({
        type: types.Environment,
        resolve: async (app, _args, context) =>
          (await loaders.environment(context).load(app.environment_id)) ?? missing('environment'),
      }),
      source: t.field({ type: settings.Source, resolve: (app) => ({ app, urls: hookUrls(deps, app.id) }) }),
      build: t.field({ type: settings.Build, resolve: (app) => app.build }),
      runtime: t.field({ type: settings.Runtime, resolve: (app) => app.runtime }),
      url: t.string({
        resolve: async (app, _args, context) => {
          const domains = await loaders.domainsOfApp(context).load(app.id);
          const shown = domains.find((domain) => domain.is_default) ?? domains.find((domain) => domain.verified);
          return shown ? hostUrl(shown.host, deps.house.publicUrl) : '';
        },
      }),
      domains: t.field({
        type: [types.Domain],
        resolve: (app, _args, context) => loaders.domainsOfApp(context).load(app.id),
      }),
    }),
  });
  addStates(parts);
  addRunning(parts);
  addPermissions(parts);
  builder.asEntity(types.App, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      (key: { id: string }) => privilege('app.read', key.id),
      async ({ id }, context) => (await loaders.app(context).load(id)) ?? missing('app'),
    ),
  });
}

function addStates(parts: GraphParts): void {
  const { builder, types, loaders, deps } = parts;
  const connection = connectionType(parts);
  builder.objectFields(types.App, (t) => ({
    state: t.string({
      resolve: async (app, _args, context) => {
        const newest = await loaders.newest(context).load(app.id);
        return appState({ stopped: app.stopped, hasLive: app.live_deployment_id !== null, newest: newest?.state });
      },
    }),
    live: t.field({
      type: types.Deployment,
      nullable: true,
      resolve: async (app, _args, context) =>
        app.live_deployment_id ? ((await loaders.deployment(context).load(app.live_deployment_id)) ?? null) : null,
    }),
    newest: t.field({
      type: types.Deployment,
      nullable: true,
      resolve: async (app, _args, context) => (await loaders.newest(context).load(app.id)) ?? null,
    }),
    deployments: t.field({
      type: connection,
      args: { first: t.arg.int({ defaultValue: 20 }), after: t.arg.string() },
      resolve: async (app, args) => {
        const limit = Math.min(100, Math.max(1, args.first ?? 20));
        const before = args.after && /^\d{1,9}$/.test(args.after) ? Number(args.after) : undefined;
        const rows = await deploymentsDb.page(deps.db, app.id, { limit: limit + 1, ...(before ? { before } : {}) });
        return { nodes: rows.slice(0, limit), hasNextPage: rows.length > limit };
      },
    }),
  }));
}

function addRunning(parts: GraphParts): void {
  const { builder, types, loaders, deps } = parts;
  const run = runtimeTypes(parts);
  builder.objectFields(types.App, (t) => ({
    instances: t.field({
      type: [run.Instance],
      resolve: async (app, _args, context) => {
        const options = as(serviceCaller('deploy', context.caller.requestId), {
          signal: context.signal,
          timeoutMs: 5000,
        });
        const [{ instances }, live] = await Promise.all([
          deps.compute.listInstances({ appId: app.id }, options),
          app.live_deployment_id ? loaders.deployment(context).load(app.live_deployment_id) : undefined,
        ]);
        // A start after a stop runs the live deployment under a name of its own.
        return instances.map((instance) =>
          live && instance.generation === live.generation ? { ...instance, generation: live.id } : instance,
        );
      },
    }),
    isolation: t.field({
      type: run.Isolation,
      resolve: (_app, _args, context) =>
        context.loaders.get('deploy.runtime', () =>
          deps.compute.getRuntime(
            {},
            as(serviceCaller('deploy', context.caller.requestId), { signal: context.signal, timeoutMs: 5000 }),
          ),
        ),
    }),
  }));
}

function addPermissions({ builder, types, deps, may }: GraphParts): void {
  const May = builder.objectRef<{ id: string }>('AppMay').implement({
    fields: (t) => {
      const field = (action: string) =>
        t.boolean({ resolve: (app, _args, context) => may(context, `app.${action}`, app.id) });
      return {
        deploy: field(actions.deploy),
        cancel: field(actions.cancel),
        rollback: field(actions.rollback),
        update: field(actions.update),
        remove: field(actions.remove),
        readVariables: field(actions.readVariables),
        writeVariables: field(actions.writeVariables),
        readLogs: field(actions.readLogs),
        grant: field(actions.grant),
        manageDomains: field(actions.manageDomains),
      };
    },
  });
  builder.objectFields(types.App, (t) => ({
    may: t.field({ type: May, resolve: (app) => ({ id: app.id }) }),
    why: t.field({
      type: types.Explanation,
      args: { action: t.arg.string({ required: true }) },
      resolve: (app, { action }, context) => {
        const known = action in actions ? actions[action as keyof typeof actions] : action;
        if (!(Object.values(actions) as string[]).includes(known) && known !== 'read') missing('action of an app');
        return deps.access.explain(context.caller, `app.${known}`, app.id);
      },
    }),
  }));
}

function connectionType({ builder, types }: GraphParts) {
  return builder
    .objectRef<{ nodes: readonly DeploymentRow[]; hasNextPage: boolean }>('DeploymentConnection')
    .implement({
      fields: (t) => ({
        nodes: t.field({ type: [types.Deployment], resolve: (page) => [...page.nodes] }),
        endCursor: t.string({ nullable: true, resolve: (page) => page.nodes.at(-1)?.number.toString() ?? null }),
        hasNextPage: t.exposeBoolean('hasNextPage'),
      }),
    });
}

interface InstanceShape {
  readonly id: string;
  readonly state: string;
  readonly generation: string;
  readonly startedMs: bigint;
  readonly restarts: number;
  readonly memoryBytes: bigint;
  readonly cpuMillis: number;
  readonly reason: string;
}

function runtimeTypes({ builder }: GraphParts) {
  const Instance = builder.objectRef<InstanceShape>('Instance').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      state: t.exposeString('state'),
      generation: t.exposeID('generation'),
      startedAt: t.field({
        type: 'DateTime',
        nullable: true,
        resolve: (one) => (one.startedMs > 0n ? Number(one.startedMs) : null),
      }),
      restarts: t.exposeInt('restarts'),
      memoryBytes: t.float({
        nullable: true,
        resolve: (one) => (one.memoryBytes > 0n ? Number(one.memoryBytes) : null),
      }),
      cpuMillis: t.int({ nullable: true, resolve: (one) => one.cpuMillis }),
      reason: t.string({ nullable: true, resolve: (one) => one.reason || null }),
    }),
  });
  const Isolation = builder
    .objectRef<{ name: string; isolation: string; isolationText: string }>('RuntimeIsolation')
    .implement({
      fields: (t) => ({
        runtime: t.exposeString('name'),
        level: t.exposeString('isolation'),
        text: t.exposeString('isolationText'),
      }),
    });
  return { Instance, Isolation };
}
