import type { GraphContext } from '@steading/graph';
import { kitErrors } from '@steading/kit';
import { as } from '@steading/rpc';
import DataLoader from 'dataloader';
import { type MemberRole, strongest } from '#src/communities.ts';
import type { SpacesDeps } from '#src/deps.ts';
import { type MemberRow, membersReader } from '#src/members-db.ts';
import { type SpaceRow, spacesReader } from '#src/spaces-db.ts';

const maxBatchSize = 500;

/** Spaces by id, batched within one request. A space that is not there is an error. */
export function loadSpace(deps: SpacesDeps, context: GraphContext, id: string): Promise<SpaceRow> {
  const loader = context.loaders.get('spaces.spaces', () => {
    const load = async (ids: readonly string[]) => {
      const found = new Map((await spacesReader(deps.db).byIds(ids)).map((space) => [space.id, space]));
      return ids.map((one) => found.get(one) ?? kitErrors('not-found', { kind: 'space' }));
    };
    return new DataLoader<string, SpaceRow>(load, { maxBatchSize });
  });
  return loader.load(id);
}

export function loadChildren(deps: SpacesDeps, context: GraphContext, id: string): Promise<readonly SpaceRow[]> {
  const loader = context.loaders.get('spaces.children', () => {
    const load = async (ids: readonly string[]) => {
      const found = Map.groupBy(await spacesReader(deps.db).children(ids), (space) => space.parent_id);
      return ids.map((one) => found.get(one) ?? []);
    };
    return new DataLoader<string, readonly SpaceRow[]>(load, { maxBatchSize });
  });
  return loader.load(id);
}

/** The viewer's own role in a space, not counting what comes from above. */
export async function loadOwnRole(
  deps: SpacesDeps,
  context: GraphContext,
  id: string,
): Promise<MemberRole | undefined> {
  if (context.caller.kind !== 'user') return undefined;
  return rolesLoader(deps, context).load(id);
}

/** The viewer's own roles in these spaces are known already. */
export function knowOwnRoles(
  deps: SpacesDeps,
  context: GraphContext,
  known: readonly { readonly id: string; readonly role: MemberRole }[],
): void {
  const loader = rolesLoader(deps, context);
  for (const { id, role } of known) loader.prime(id, role);
}

function rolesLoader(deps: SpacesDeps, context: GraphContext): DataLoader<string, MemberRole | undefined> {
  const { caller } = context;
  return context.loaders.get('spaces.roles', () => {
    const load = async (ids: readonly string[]) => {
      const rows = await membersReader(deps.db).rolesOf(caller.principal.slice('user:'.length), ids);
      const found = new Map(rows.map((row) => [row.space_id, row.role]));
      return ids.map((one) => found.get(one));
    };
    return new DataLoader<string, MemberRole | undefined>(load, { maxBatchSize });
  });
}

/** The strongest role that the viewer has here, from this space or, unless it is sealed, from those above. */
export async function loadRole(
  deps: SpacesDeps,
  context: GraphContext,
  space: SpaceRow,
): Promise<MemberRole | undefined> {
  const own = await loadOwnRole(deps, context, space.id);
  if (space.parent_id === null || space.privacy === 'private') return own;
  return strongest([own, await loadRole(deps, context, await loadSpace(deps, context, space.parent_id))]);
}

export function countMembers(deps: SpacesDeps, context: GraphContext, spaceId: string): Promise<number> {
  const loader = context.loaders.get('spaces.totals', () => {
    const load = async (ids: readonly string[]) => {
      const rows = await membersReader(deps.db).totals(ids);
      const found = new Map(rows.map((row) => [row.space_id, row.count]));
      return ids.map((one) => found.get(one) ?? 0);
    };
    return new DataLoader<string, number>(load, { maxBatchSize });
  });
  return loader.load(spaceId);
}

/** The first members of a space; those of all spaces that a request lists come in one statement for each length. */
export function loadFirstMembers(
  deps: SpacesDeps,
  context: GraphContext,
  spaceId: string,
  limit: number,
): Promise<readonly MemberRow[]> {
  const loader = context.loaders.get(`spaces.first.${limit}`, () => {
    const load = async (ids: readonly string[]) => {
      const found = Map.groupBy(await membersReader(deps.db).firstOf(ids, limit), (row) => row.space_id);
      return ids.map((one) => found.get(one) ?? []);
    };
    return new DataLoader<string, readonly MemberRow[]>(load, { maxBatchSize });
  });
  return loader.load(spaceId);
}

/** Which of these people have this in their name; asked of identity, who knows names. */
export async function namedLike(
  deps: SpacesDeps,
  context: GraphContext,
  ids: readonly string[],
  part: string,
): Promise<ReadonlySet<string>> {
  const wanted = part.toLowerCase();
  const found = new Set<string>();
  for (let at = 0; at < ids.length; at += maxBatchSize) {
    const request = { ids: ids.slice(at, at + maxBatchSize) };
    const { people } = await deps.identity.getPeople(request, as(context.caller, { signal: context.signal }));
    for (const person of people) if (person.name.toLowerCase().includes(wanted)) found.add(person.id);
  }
  return found;
}
