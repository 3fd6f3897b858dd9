/** What edges ask, and say of themselves. */
import { DeployService } from '@steading/contracts/rpc/deploy';
import { isId, kitErrors } from '@steading/kit';
import { callerOf, implement, peerAddressOf, type RpcImplementation } from '@steading/rpc';
import { takeReports } from '#src/actions/subgraphs.ts';
import { listed } from '#src/app-subgraphs.ts';
import { appsDb } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';
import { edgeTimes } from '#src/edges-db.ts';
import { noteEdge } from '#src/pipeline/edges.ts';
import { unavailable } from '#src/routes.ts';
import { subgraphsDb } from '#src/subgraphs-db.ts';

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
    async listAppSubgraphs(_request, context) {
      if (callerOf(context).kind !== 'service')
        throw kitErrors('forbidden', { why: 'Only the house itself asks for subgraphs.' });
      const rows = await subgraphsDb.allowed(deps().db);
      return {
        subgraphs: rows.flatMap((row) => {
          const { app_id: appId, name, path } = row;
          const shown = listed(row);
          return shown ? { appId, name, path, sdl: shown.sdl, revision: BigInt(shown.revision) } : [];
        }),
      };
    },
    async reportAppSubgraphs({ edgeId, reports }, context) {
      const told = reports.map(({ appId, revision, serving, reason }) => ({
        appId,
        revision: Number(revision),
        serving,
        reason,
      }));
      await takeReports(deps(), callerOf(context), edgeId, told);
      return {};
    },
    async announceEdge({ edgeId, host, port, leaves }, context) {
      if (callerOf(context).kind !== 'service')
        throw kitErrors('forbidden', { why: 'Only the house itself has gateways.' });
      if (!isId('edg', edgeId) || port < 1 || port > 65_535)
        throw kitErrors('bad-input', { field: 'edge', problem: 'must have an id and a port' });
      const named = host || peerAddressOf(context);
      const url = `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
      await noteEdge(deps(), { id: edgeId, url }, leaves);
      return { againMs: edgeTimes.againMs };
    },
  });
}
