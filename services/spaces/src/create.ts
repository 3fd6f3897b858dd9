import { IdentityService } from '@steading/contracts/rpc/identity';
import { createSubgraphBuilder, finish, type Subgraph } from '@steading/graph';
import { newRequestId, serviceCaller } from '@steading/kit';
import type { ServiceContext, ServiceParts } from '@steading/service';
import type { SpacesDeps } from '#src/deps.ts';
import { tellForestAll } from '#src/forest-telling.ts';
import { addInvitations, addSpaceInvitation } from '#src/graph/invitation.ts';
import { addPerson } from '#src/graph/member.ts';
import { addSpace } from '#src/graph/space.ts';
import { addSpaceChanges } from '#src/graph/space-changes.ts';
import { onPersonRegistered } from '#src/listeners/on-person-registered.ts';
import { spacesRpc } from '#src/rpc/spaces-rpc.ts';

export function create(context: ServiceContext): ServiceParts {
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
}

function makeGraph(deps: SpacesDeps): Subgraph {
  const builder = createSubgraphBuilder({ service: 'spaces', log: deps.log, access: deps.access });
  const Person = addPerson(builder);
  const SpaceInvitation = addSpaceInvitation(builder, Person);
  const Space = addSpace(builder, deps, { Person, SpaceInvitation });
  addSpaceChanges(builder, deps, Space);
  addInvitations(builder, deps, { Person, Space, SpaceInvitation });
  return finish(builder);
}
