/** What the gateway asks on behalf of sockets. The join was checked there; the node says by what. */
import { LiveService } from '@steading/contracts/rpc/live';
import { isId, kitErrors, serviceCaller } from '@steading/kit';
import { as, callerOf, implement, type RpcImplementation } from '@steading/rpc';
import { appsDb } from '#src/apps-db.ts';
import { deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { followDeploymentLog } from '#src/follow.ts';
import { followAppLog } from '#src/rpc/app-log.ts';

const longestMs = 24 * 3600_000;

export function liveContract(deps: () => Deps): RpcImplementation {
  return implement(LiveService, {
    async locate({ topic, id }) {
      return { nodeId: await locate(deps(), topic, id) };
    },
    async *follow({ topic, id, after }, context) {
      const appId = await locate(deps(), topic, id);
      const { signal } = context;
      if (topic === 'deployment-log') {
        for await (const lines of followDeploymentLog(deps(), { deploymentId: id, after: Number(after), signal }))
          for (const line of lines) yield { position: BigInt(line.position), json: JSON.stringify(line) };
      } else if (topic === 'app-log') {
        // Compute answers services only; the join was checked with the person's own rights.
        const asker = serviceCaller('deploy', callerOf(context).requestId);
        const options = as(asker, { signal, timeoutMs: longestMs });
        for await (const lines of followAppLog(deps().compute, { appId, after: Number(after), follow: true }, options))
          for (const line of lines) yield { position: BigInt(line.position), json: JSON.stringify(line) };
      }
    },
  });
}

async function locate(deps: Deps, topic: string, id: string): Promise<string> {
  const appId =
    topic === 'deployment-log'
      ? isId('dep', id) && (await deploymentsDb.byId(deps.db, id))?.app_id
      : (topic === 'app' || topic === 'app-log') && isId('app', id) && (await appsDb.byId(deps.db, id))?.id;
  if (!appId) throw kitErrors('not-found', { kind: 'app or deployment' });
  return appId;
}
