import { NodeOwnerService } from '@steading/contracts/rpc/forest';
import { IdentityService } from '@steading/contracts/rpc/identity';
import { SpacesService } from '@steading/contracts/rpc/spaces';
import { createSubgraphBuilder, finish, type Subgraph } from '@steading/graph';
import { newRequestId, serviceCaller } from '@steading/kit';
import { defineService } from '@steading/service';
import type { SpacesDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { tellForestAll } from '#src/forest-telling.ts';
import { addInvitations, addSpaceInvitation } from '#src/graph/invitation.ts';
import { addPerson } from '#src/graph/member.ts';
import { addSpace } from '#src/graph/space.ts';
import { addSpaceChanges } from '#src/graph/space-changes.ts';
import { spaceKind } from '#src/kinds.ts';
import { onPersonRegistered } from '#src/listeners/on-person-registered.ts';
import { spacesRpc } from '#src/rpc/spaces-rpc.ts';

export const spacesService = defineService({
  name: 'spaces',
  purpose: 'Says where people belong: spaces, their communities and invitations.',
  errors: fail.catalogue,
  kinds: [spaceKind],
  migrations: new URL('./migrations/', import.meta.url),
  rpc: [SpacesService, NodeOwnerService],
  graph: true,
  create(context) {
    const { db, bus, access, clock, log, rpc } = context;
    const deps: SpacesDeps = { db, bus, access, clock, log, identity: rpc.client(IdentityService) };
    const tellAll = () => tellForestAll(deps, serviceCaller('spaces', newRequestId()));
    return {
      rpc: spacesRpc(deps),
      graph: makeGraph(deps),
      listeners: [onPersonRegistered(deps)],
      jobs: [{ name: 'spaces.tell-forest', cron: '* * * * *', run: tellAll }],
      start: tellAll,
    };
  },
});

function makeGraph(deps: SpacesDeps): Subgraph {
  const builder = createSubgraphBuilder({ service: 'spaces', log: deps.log, access: deps.access });
  const Person = addPerson(builder);
  const SpaceInvitation = addSpaceInvitation(builder, Person);
  const Space = addSpace(builder, deps, { Person, SpaceInvitation });
  addSpaceChanges(builder, deps, Space);
  addInvitations(builder, deps, { Person, Space, SpaceInvitation });
  return finish(builder);
}
