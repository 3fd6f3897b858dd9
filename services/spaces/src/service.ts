import { NodeOwnerService } from '@steading/contracts/rpc/forest';
import { SpacesService } from '@steading/contracts/rpc/spaces';
import { defineService } from '@steading/service';
import { fail } from '#src/errors.ts';
import { spaceKind } from '#src/kinds.ts';

const load = () => import('#src/create.ts');

export const spacesService = defineService({
  name: 'spaces',
  purpose: 'Says where people belong: spaces, their communities and invitations.',
  errors: fail.catalogue,
  kinds: [spaceKind],
  migrations: new URL('./migrations/', import.meta.url),
  rpc: [SpacesService, NodeOwnerService],
  graph: true,
  load,
  create: async (context) => (await load()).create(context),
});
