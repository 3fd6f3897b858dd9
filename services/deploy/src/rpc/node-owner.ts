/** The forest asks which nodes this service still knows, to find what a crash left behind. */
import { NodeOwnerService } from '@steading/contracts/rpc/forest';
import { implement, type RpcImplementation } from '@steading/rpc';
import type { Deps } from '#src/deps.ts';
import { projectsDb } from '#src/projects-db.ts';

export function nodeOwner(deps: () => Deps): RpcImplementation {
  return implement(NodeOwnerService, {
    known: async ({ ids }) => ({ ids: await projectsDb.known(deps().db, ids) }),
  });
}
