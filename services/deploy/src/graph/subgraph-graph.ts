/** What apps offer to the endpoint itself, as their developers and the operators see it. */
import { privilege } from '@steading/graph';
import { decideSubgraph, offerSubgraph, withdrawSubgraph } from '#src/actions/subgraphs.ts';
import { subgraphState } from '#src/app-subgraphs.ts';
import type { GraphParts } from '#src/graph/types.ts';
import { type SubgraphRow, subgraphsDb } from '#src/subgraphs-db.ts';

export function addSubgraphs(parts: GraphParts): void {
  const { builder, types, loaders, deps } = parts;
  const AppSubgraph = subgraphType(parts);
  builder.objectField(types.App, 'subgraph', (t) =>
    t.field({
      type: AppSubgraph,
      nullable: true,
      resolve: async (app, _args, context) => (await loaders.subgraph(context).load(app.id)) ?? null,
    }),
  );
  builder.queryField('appSubgraphs', (t) =>
    t.field({
      type: [AppSubgraph],
      access: privilege('platform.admin', 'platform'),
      resolve: () => subgraphsDb.all(deps.db),
    }),
  );
  const appId = { required: true } as const;
  builder.mutationFields((t) => ({
    offerAppSubgraph: t.field({
      type: AppSubgraph,
      args: { appId: t.arg.id(appId), path: t.arg.string({ required: true }), name: t.arg.string() },
      access: (args) => privilege('app.update', args.appId),
      resolve: (_root, { appId: id, ...offer }, context) => offerSubgraph(deps, context.caller, id, offer),
    }),
    withdrawAppSubgraph: t.boolean({
      args: { appId: t.arg.id(appId) },
      access: (args) => privilege('app.update', args.appId),
      resolve: (_root, args, context) => withdrawSubgraph(deps, context.caller, args.appId),
    }),
    allowAppSubgraph: t.field({
      type: AppSubgraph,
      args: { appId: t.arg.id(appId), allow: t.arg.boolean({ required: true }), reason: t.arg.string() },
      access: privilege('platform.admin', 'platform'),
      resolve: (_root, { appId: id, ...decision }, context) => decideSubgraph(deps, context.caller, id, decision),
    }),
  }));
}

function subgraphType({ builder, loaders }: GraphParts) {
  return builder.objectRef<SubgraphRow>('AppSubgraph').implement({
    fields: (t) => ({
      appId: t.exposeID('app_id'),
      appName: t.string({
        resolve: async (row, _args, context) => (await loaders.app(context).load(row.app_id))?.name ?? '',
      }),
      name: t.exposeString('name'),
      path: t.exposeString('path'),
      state: t.string({ resolve: (row) => subgraphState(row).state }),
      reason: t.string({ nullable: true, resolve: (row) => subgraphState(row).reason }),
      sdl: t.exposeString('sdl', { nullable: true }),
      adds: t.exposeStringList('adds'),
      offeredAt: t.field({ type: 'DateTime', resolve: (row) => row.offered_at }),
      readAt: t.field({ type: 'DateTime', nullable: true, resolve: (row) => row.read_at }),
    }),
  });
}
