import { resolveTxt } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { DeploymentChanged } from '@steading/contracts/deploy-events';
import { ComputeService } from '@steading/contracts/rpc/compute';
import { SpacesService } from '@steading/contracts/rpc/spaces';
import type { ServiceContext, ServiceParts } from '@steading/service';
import type { deployConfig } from '#src/config.ts';
import { createFolders, type Deps, type LookUpTxt } from '#src/deps.ts';
import { createDeployGraph } from '#src/graph/deploy-graph.ts';
import { apiRoutes } from '#src/http/api-routes.ts';
import { hookRoutes } from '#src/http/hook-routes.ts';
import { pruneFiles, pruneJobs } from '#src/jobs/prune.ts';
import { onSpaceRemoved } from '#src/listeners/on-space-removed.ts';
import { createEdgeRequest, type EdgeRequest } from '#src/pipeline/edge-request.ts';
import { createEdges } from '#src/pipeline/edges.ts';
import { createPipeline } from '#src/pipeline/pipeline.ts';
import { deployContract } from '#src/rpc/deploy-contract.ts';
import { liveContract } from '#src/rpc/live.ts';
import { nodeOwner } from '#src/rpc/node-owner.ts';
import { createSealing } from '#src/sealing.ts';
import { type LookUp, systemLookUp } from '#src/source/source-address.ts';

/** What lies outside and is not to be asked in a test. */
export interface Outside {
  /** Addresses of a host; default: the system's resolver. */
  readonly lookUp?: LookUp;
  /** TXT records of a name; default: DNS. */
  readonly lookUpTxt?: LookUpTxt;
  /** A request through the edge; default: to the house's own address. */
  readonly edgeRequest?: EdgeRequest;
}

export function create(context: ServiceContext<typeof deployConfig>, outside: Outside): ServiceParts {
  const edges = createEdges({
    deps: () => deps,
    clock: context.clock,
    request: outside.edgeRequest ?? createEdgeRequest(context.house.key('edge-probe')),
    fixed: fixedEdges(context),
  });
  const pipeline = createPipeline({ deps: () => deps, edges });
  const deps = createDeps(context, outside, () => pipeline.wake());
  const wakeUp = context.bus.broadcast(
    [DeploymentChanged],
    (event) => {
      if ((event.data as { state?: string }).state === 'queued') pipeline.wake();
    },
    () => pipeline.wake(),
  );
  return {
    rpc: [deployContract(() => deps), nodeOwner(() => deps), liveContract(() => deps)],
    graph: createDeployGraph(deps),
    http: [...hookRoutes(deps), ...apiRoutes(deps)],
    listeners: [onSpaceRemoved(() => deps)],
    jobs: pruneJobs(() => deps),
    async start() {
      await mkdir(deps.folders.gitHome, { recursive: true, mode: 0o700 });
      await mkdir(deps.folders.allWork, { recursive: true, mode: 0o711 });
      await pruneFiles(deps);
      pipeline.start();
    },
    async stop() {
      await wakeUp.stop();
      await pipeline.stop();
    },
  };
}

/** A house without a gateway of ours is probed where people reach it. */
function fixedEdges({ config, house, catalogue }: ServiceContext<typeof deployConfig>): string[] {
  const told = config.STEADING_EDGE_PROBE_URL.split(',').filter((url) => url !== '');
  if (told.length > 0) return told;
  return catalogue.some(({ name }) => name === 'gateway') ? [] : [house.publicUrl];
}

function createDeps(context: ServiceContext<typeof deployConfig>, outside: Outside, wake: () => void): Deps {
  const { config, house, log, clock, db, bus, access, rpc } = context;
  const folders = createFolders(house.dataDir);
  return {
    config,
    house,
    log,
    clock,
    db,
    bus,
    access,
    folders,
    wake,
    compute: rpc.client(ComputeService),
    spaces: rpc.client(SpacesService),
    sealing: createSealing(house.key('deploy.secrets')),
    git: { path: config.STEADING_GIT_PATH, caFile: config.STEADING_GIT_CA_FILE, home: folders.gitHome },
    lookUp: outside.lookUp ?? systemLookUp,
    lookUpTxt: outside.lookUpTxt ?? (async (name) => (await resolveTxt(name)).map((parts) => parts.join(''))),
  };
}
