/** Apps: found, made, changed, and what belongs to one. */

import { privilege, signedIn } from '@steading/graph';
import { kitErrors, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { createApp, removeApp, startApp, stopApp, updateApp } from '#src/actions/apps.ts';
import { addDomain, removeDomain, verifyDomain } from '#src/actions/domains.ts';
import { findApp } from '#src/actions/find.ts';
import { renewHook } from '#src/actions/hooks.ts';
import { createInspector, type SourceReport } from '#src/actions/source.ts';
import { appsDb } from '#src/apps-db.ts';
import type { GraphParts } from '#src/graph/types.ts';

export function addApps(parts: GraphParts): void {
  addQueries(parts);
  addInspection(parts);
  addMutations(parts);
  addDomainMutations(parts);
}

function addQueries({ builder, types, deps }: GraphParts): void {
  builder.queryFields((t) => ({
    app: t.field({
      type: types.App,
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('app.read', args.id),
      resolve: (_root, { id }, context) => findApp(deps, context.caller, 'app.read', id),
    }),
    findApp: t.field({
      type: types.App,
      args: { path: t.arg.string({ required: true }) },
      // Found by its names; then the forest is asked.
      access: signedIn(),
      resolve: async (_root, { path }, context) => {
        const [space = '', project = '', app = '', more] = path.split('/');
        const candidates = more === undefined ? await appsDb.byNames(deps.db, { project, app }) : [];
        const ids = [...new Set(candidates.map((row) => row.space_id))];
        const options = as(serviceCaller('deploy', context.caller.requestId), { signal: context.signal });
        const { spaces } = ids.length > 0 ? await deps.spaces.getSpaces({ ids }, options) : { spaces: [] };
        const wanted = new Set(spaces.filter((row) => row.nameId === space).map((row) => row.id));
        const found = candidates.find((row) => wanted.has(row.space_id));
        if (!found) throw kitErrors('not-found', { kind: 'app' });
        return findApp(deps, context.caller, 'app.read', found.id);
      },
    }),
    myApps: t.field({
      type: [types.App],
      access: signedIn(),
      resolve: (_root, _args, context) => {
        const { ids } = deps.access.visible(context.caller, 'app.read', 'app', { limit: 200 });
        return appsDb.byIds(deps.db, ids);
      },
    }),
  }));
}

function addInspection(parts: GraphParts): void {
  const { builder, deps, types } = parts;
  const inspect = createInspector(() => deps);
  const Inspection = builder.objectRef<SourceReport>('SourceInspection').implement({
    fields: (t) => ({
      ok: t.exposeBoolean('ok'),
      problem: t.string({ nullable: true, resolve: (report) => report.problem }),
      branches: t.stringList({ resolve: (report) => [...report.branches] }),
      defaultBranch: t.string({ nullable: true, resolve: (report) => report.defaultBranch }),
      detection: t.field({ type: types.Detection, nullable: true, resolve: (report) => report.detection }),
    }),
  });
  builder.queryField('inspectSource', (t) =>
    t.field({
      type: Inspection,
      args: {
        url: t.arg.string({ required: true }),
        branch: t.arg.string(),
        token: t.arg.string(),
        spaceId: t.arg.id({ required: true }),
      },
      access: (args) => privilege('space.create-project', args.spaceId),
      resolve: (_root, args, context) => inspect(context.caller, args, context.signal),
    }),
  );
}

function addMutations(parts: GraphParts): void {
  const { builder, types, deps } = parts;
  const inputs = inputTypes(parts);
  const id = { required: true } as const;
  builder.mutationFields((t) => ({
    createApp: t.field({
      type: types.App,
      args: { input: t.arg({ type: inputs.Create, required: true }) },
      access: (args) => privilege('project.read', args.input.projectId),
      resolve: async (_root, { input }, context) => (await createApp(deps, context.caller, input)).app,
    }),
    updateApp: t.field({
      type: types.App,
      args: { id: t.arg.id(id), input: t.arg({ type: inputs.Update, required: true }) },
      access: (args) => privilege('app.update', args.id),
      resolve: (_root, args, context) => updateApp(deps, context.caller, args.id, args.input),
    }),
    removeApp: t.boolean({
      args: { id: t.arg.id(id) },
      access: (args) => privilege('app.remove', args.id),
      resolve: async (_root, args, context) => (await removeApp(deps, context.caller, args.id)) >= 0,
    }),
    stopApp: t.field({
      type: types.App,
      args: { id: t.arg.id(id) },
      access: (args) => privilege('app.deploy', args.id),
      resolve: (_root, args, context) => stopApp(deps, context.caller, args.id),
    }),
    startApp: t.field({
      type: types.App,
      args: { id: t.arg.id(id) },
      access: (args) => privilege('app.deploy', args.id),
      resolve: (_root, args, context) => startApp(deps, context.caller, args.id),
    }),
  }));
}

function inputTypes({ builder }: GraphParts) {
  const Source = builder.inputType('SourceInput', {
    fields: (t) => ({
      kind: t.string(),
      url: t.string(),
      branch: t.string(),
      commit: t.string(),
      submodules: t.boolean(),
      token: t.string(),
      withDeployKey: t.boolean(),
    }),
  });
  const Build = builder.inputType('BuildInput', {
    fields: (t) => ({
      builder: t.string(),
      installCommand: t.string(),
      buildCommand: t.string(),
      startCommand: t.string(),
      outputFolder: t.string(),
      rootFolder: t.string(),
      singlePage: t.boolean(),
    }),
  });
  const Runtime = builder.inputType('RuntimeInput', {
    fields: (t) => ({
      replicas: t.int(),
      healthPath: t.string(),
      drainSeconds: t.int(),
      memoryMb: t.int(),
      cpuMillis: t.int(),
      keep: t.int(),
    }),
  });
  const Create = builder.inputType('CreateAppInput', {
    fields: (t) => ({
      projectId: t.id({ required: true }),
      environmentId: t.id(),
      nameId: t.string({ required: true }),
      name: t.string({ required: true }),
      source: t.field({ type: Source, required: true }),
      build: t.field({ type: Build }),
      runtime: t.field({ type: Runtime }),
    }),
  });
  const Update = builder.inputType('UpdateAppInput', {
    fields: (t) => ({
      name: t.string(),
      source: t.field({ type: Source }),
      build: t.field({ type: Build }),
      runtime: t.field({ type: Runtime }),
    }),
  });
  return { Create, Update };
}

function addDomainMutations({ builder, types, deps }: GraphParts): void {
  const NewHook = builder.objectRef<{ url: string; secret: string }>('NewHook').implement({
    fields: (t) => ({ url: t.exposeString('url'), secret: t.exposeString('secret') }),
  });
  builder.mutationFields((t) => {
    const args = { appId: t.arg.id({ required: true }), host: t.arg.string({ required: true }) };
    return {
      addDomain: t.field({
        type: types.Domain,
        args,
        access: (given) => privilege('app.manage-domains', given.appId),
        resolve: (_root, given, context) => addDomain(deps, context.caller, given.appId, given.host),
      }),
      verifyDomain: t.field({
        type: types.Domain,
        args,
        access: (given) => privilege('app.manage-domains', given.appId),
        resolve: (_root, given, context) => verifyDomain(deps, context.caller, given.appId, given.host),
      }),
      removeDomain: t.boolean({
        args,
        access: (given) => privilege('app.manage-domains', given.appId),
        resolve: (_root, given, context) => removeDomain(deps, context.caller, given.appId, given.host),
      }),
      renewHook: t.field({
        type: NewHook,
        args: { appId: t.arg.id({ required: true }), hook: t.arg.string({ required: true }) },
        access: (given) => privilege('app.update', given.appId),
        resolve: (_root, given, context) => renewHook(deps, context.caller, given.appId, given.hook),
      }),
    };
  });
}
