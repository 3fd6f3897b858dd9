import { ForestService } from '@steading/contracts/rpc/forest';
import { createSubgraphBuilder, finish } from '@steading/graph';
import { defineService } from '@steading/service';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { addAccessNode } from '#src/graph/access-node.ts';
import { createChange } from '#src/graph/changes.ts';
import { addGlass } from '#src/graph/glass.ts';
import { addGrants } from '#src/graph/grants.ts';
import { forestJobs } from '#src/jobs/forest-jobs.ts';
import { platformKind } from '#src/kinds.ts';
import { forestRpc } from '#src/rpc/forest-service.ts';
import { createStore } from '#src/store.ts';

export const forestService = defineService({
  name: 'forest',
  purpose: 'Keeps who may do what, anywhere in the house, and tells every process.',
  errors: fail.catalogue,
  kinds: [platformKind],
  migrations: new URL('./migrations/', import.meta.url),
  rpc: [ForestService],
  graph: true,
  create({ db, bus, rpc, access, clock, log, catalogue }) {
    const deps: ForestDeps = { db, bus, rpc, access, clock, log, catalogue };
    const kinds = catalogue.flatMap((service) => service.kinds ?? []);
    const store = createStore({ db, bus, clock, kinds });
    const builder = createSubgraphBuilder({ service: 'forest', log, access });
    const Node = addAccessNode(builder, deps);
    const change = createChange(deps, store);
    addGrants(builder, deps, change, Node);
    addGlass(builder, deps, change, Node);
    return { rpc: [forestRpc(deps, store)], graph: finish(builder), jobs: forestJobs(deps, store) };
  },
});
