import { ForestService } from '@steading/contracts/rpc/forest';
import { createSubgraphBuilder, finish } from '@steading/graph';
import { defineService } from '@steading/service';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { addAccessNode } from '#src/graph/access-node.ts';
import { addChanges } from '#src/graph/changes.ts';
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
    const store = createStore({ db, bus, kinds: catalogue.flatMap((service) => service.kinds ?? []) });
    const builder = createSubgraphBuilder({ service: 'forest', log, access });
    addChanges(builder, deps, store, addAccessNode(builder, deps));
    return { rpc: [forestRpc(deps, store)], graph: finish(builder), jobs: forestJobs(deps, store) };
  },
});
