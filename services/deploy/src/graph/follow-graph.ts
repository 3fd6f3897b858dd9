/** What can be followed, by subscription. Logs have a cursor: whoever comes again with the last one has no gap. */
import { privilege } from '@steading/graph';
import { isId, kitErrors, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { deploymentsDb } from '#src/deployments-db.ts';
import { followDeploymentLog, followDeployments } from '#src/follow.ts';
import type { GraphParts, LogPage } from '#src/graph/types.ts';
import { type AppLogLine, followAppLog } from '#src/rpc/app-log.ts';

const longestMs = 24 * 3600_000;
const longestTail = 10_000;

export function addFollowing(parts: GraphParts): void {
  const { builder, types, deps } = parts;
  builder.subscriptionFields((t) => ({
    deploymentChanged: t.field({
      type: types.Deployment,
      description: 'The newest deployment of an app, then each one that changes, as it is then.',
      args: { appId: t.arg.id({ required: true }) },
      access: (args) => privilege('app.read', () => appNode(args.appId)),
      subscribe: (_root, { appId }, { signal }) => followDeployments(deps, { appId, signal }),
      resolve: (row) => row,
    }),
    deploymentLog: t.field({
      type: types.LogPage,
      description: 'Lines after a position, as they come, until the deployment is over. Come again with `last`.',
      args: { id: t.arg.id({ required: true }), after: t.arg.int({ defaultValue: 0 }) },
      access: (args) => privilege('app.read-logs', () => appOf(parts, args.id)),
      subscribe: (_root, args, { signal }) =>
        pages(followDeploymentLog(deps, { deploymentId: args.id, after: from(args.after), signal }), from(args.after)),
      resolve: (page: LogPage) => page,
    }),
  }));
  addAppLog(parts);
}

function addAppLog({ builder, deps }: GraphParts): void {
  const Line = builder.objectRef<AppLogLine>('AppLogLine').implement({
    fields: (t) => ({
      position: t.exposeFloat('position'),
      at: t.field({ type: 'DateTime', resolve: (line) => line.at }),
      stream: t.exposeString('stream'),
      text: t.exposeString('text'),
      instance: t.exposeString('instance'),
    }),
  });
  const Page = builder.objectRef<readonly AppLogLine[]>('AppLogPage').implement({
    fields: (t) => ({
      lines: t.field({ type: [Line], resolve: (lines) => [...lines] }),
      last: t.float({ resolve: (lines) => lines.at(-1)?.position ?? 0 }),
    }),
  });
  builder.subscriptionField('appLog', (t) =>
    t.field({
      type: Page,
      description:
        'What the instances of an app say: lines after a position, or the last `tail` of those that are there, and, unless `follow` is false, those to come. Come again with `last`.',
      args: {
        appId: t.arg.id({ required: true }),
        after: t.arg.float({ defaultValue: 0 }),
        tail: t.arg.int({ defaultValue: 0 }),
        follow: t.arg.boolean({ defaultValue: true }),
      },
      access: (args) => privilege('app.read-logs', () => appNode(args.appId)),
      subscribe: (_root, { appId, after, tail, follow }, { caller, signal }) => {
        // Compute answers services only; the reader was checked with their own rights.
        const options = as(serviceCaller('deploy', caller.requestId), { signal, timeoutMs: longestMs });
        const wanted = { appId, after: from(after), follow: follow ?? true, tail: Math.min(from(tail), longestTail) };
        return followAppLog(deps.compute, wanted, options);
      },
      resolve: (lines) => lines,
    }),
  );
}

/** Positions are whole numbers from 1 on. */
const from = (given: number | null | undefined): number => Math.max(0, Math.floor(given ?? 0));

/** A space or project has the privileges of its apps too, and nothing of theirs to follow. */
function appNode(id: string): string {
  if (!isId('app', id)) throw kitErrors('not-found', { kind: 'app' });
  return id;
}

async function appOf({ deps }: GraphParts, deploymentId: string): Promise<string> {
  const row = isId('dep', deploymentId) ? await deploymentsDb.byId(deps.db, deploymentId) : undefined;
  if (!row) throw kitErrors('not-found', { kind: 'deployment' });
  return row.app_id;
}

async function* pages(batches: AsyncIterable<LogPage['lines']>, start: number): AsyncGenerator<LogPage> {
  let after = start;
  for await (const lines of batches) {
    yield { lines, after, more: false };
    after = lines.at(-1)?.position ?? after;
  }
}
