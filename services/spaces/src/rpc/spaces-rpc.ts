import { NodeOwnerService } from '@steading/contracts/rpc/forest';
import { SpacesService } from '@steading/contracts/rpc/spaces';
import { kitErrors } from '@steading/kit';
import { callerOf, implement, type RpcImplementation } from '@steading/rpc';
import type { SpacesDeps } from '#src/deps.ts';
import { type SpaceRow, spacesReader } from '#src/spaces-db.ts';

const mostIds = 1000;

/** What other services ask: spaces by id (those of them that the caller may know of), and which nodes are still ours. */
export function spacesRpc(deps: SpacesDeps): RpcImplementation[] {
  return [
    implement(SpacesService, {
      async getSpaces(request, context) {
        const caller = callerOf(context);
        const found = await spacesReader(deps.db).byIds(limited(request.ids));
        return { spaces: found.filter((space) => deps.access.can(caller, 'space.read-about', space.id)).map(toSpace) };
      },
    }),
    implement(NodeOwnerService, {
      async known(request) {
        return { ids: (await spacesReader(deps.db).byIds(limited(request.ids))).map((space) => space.id) };
      },
    }),
  ];
}

function limited(ids: readonly string[]): readonly string[] {
  if (ids.length > mostIds) throw kitErrors('too-large', { limit: `${mostIds} ids` });
  return ids;
}

function toSpace(space: SpaceRow) {
  return {
    id: space.id,
    nameId: space.name_id,
    name: space.name,
    parentId: space.parent_id ?? '',
    visibility: space.visibility,
  };
}
