import { createSubgraphBuilder, finish } from '@steading/graph';
import type { ServiceContext, ServiceParts } from '@steading/service';
import type { ForestDeps } from '#src/deps.ts';
import { addAccessNode } from '#src/graph/access-node.ts';
import { createChange } from '#src/graph/changes.ts';
import { addGlass } from '#src/graph/glass.ts';
import { addGrants } from '#src/graph/grants.ts';
import { forestJobs } from '#src/jobs/forest-jobs.ts';
import { forestRpc } from '#src/rpc/forest-service.ts';
import { createStore } from '#src/store.ts';

export function create({ db, bus, rpc, access, clock, log, catalogue }: ServiceContext): ServiceParts {
  const deps: ForestDeps = { db, bus, rpc, access, clock, log, catalogue };
  const kinds = catalogue.flatMap((service) => service.kinds ?? []);
  const store = createStore({ db, bus, clock, kinds });
  const builder = createSubgraphBuilder({ service: 'forest', log, access });
  const Node = addAccessNode(builder, deps);
  const change = createChange(deps, store);
  addGrants(builder, deps, change, Node);
  addGlass(builder, deps, change, Node);
  return { rpc: [forestRpc(deps, store)], graph: finish(builder), jobs: forestJobs(deps, store) };
}
