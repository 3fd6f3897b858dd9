/** What edges ask. */
import { DeployService } from '@steading/contracts/rpc/deploy';
import { kitErrors } from '@steading/kit';
import { callerOf, implement, type RpcImplementation } from '@steading/rpc';
import { appsDb } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';
import { unavailable } from '#src/routes.ts';

const edgeLimits = { maxBodyBytes: 100 * 1024 * 1024, timeoutMs: 60_000 };

export function deployContract(deps: () => Deps): RpcImplementation {
  return implement(DeployService, {
    async listRoutes(_request, context) {
      if (callerOf(context).kind !== 'service')
        throw kitErrors('forbidden', { why: 'Only the house itself asks for routes.' });
      const { revision, routes } = await appsDb.routes(deps().db);
      return {
        revision: BigInt(revision),
        routes: (routes ?? []).map((route) => ({
          host: route.host,
          appId: route.appId,
          maxBodyBytes: BigInt(edgeLimits.maxBodyBytes),
          timeoutMs: BigInt(edgeLimits.timeoutMs),
          unavailable: unavailable(route),
        })),
      };
    },
  });
}
