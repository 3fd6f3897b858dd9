import { SpaceRemoved } from '@steading/contracts/spaces-events';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { audit } from '#src/audit.ts';
import { deepestLevel } from '#src/communities.ts';
import type { SpacesDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { plantOps, tellForest } from '#src/forest-telling.ts';
import type { CreateInput, UpdateInput } from '#src/input.ts';
import { membersWriter } from '#src/members-db.ts';
import { requirePerson } from '#src/membership.ts';
import { refuseReserved } from '#src/name-ids.ts';
import { type SpaceRow, spacesReader, spacesWriter } from '#src/spaces-db.ts';

const mostOwned = 200;
const mostChildren = 200;

/**
 * Makes a space with its maker as owner. The forest knows it before the table does: whatever is interrupted in between
 * is seen by nobody, and the forest's reconciler removes it.
 */
export async function createSpace(deps: SpacesDeps, caller: Caller, input: CreateInput): Promise<SpaceRow> {
  const personId = requirePerson(caller);
  refuseReserved(input.nameId);
  const spaces = spacesReader(deps.db);
  if (await spaces.byNameId(input.nameId)) throw fail('spaces.name-taken', { nameId: input.nameId });
  if ((await spaces.countOwned(personId)) >= mostOwned) throw fail('spaces.too-many', { most: mostOwned });
  const parent = input.parentId === undefined ? undefined : await mustFind(deps, input.parentId);
  const level = (parent?.level ?? 0) + 1;
  if (level > deepestLevel) throw fail('spaces.too-deep');
  const id = newId('spc');
  const parentId = parent?.id ?? null;
  const shape = { id, name: input.name, parent_id: parentId, level, privacy: input.privacy };
  await deps.access.write(caller, plantOps(shape, personId));
  const made = await insertSpace(deps, caller, { id, level, parentId, input, personId }).catch(async (error) => {
    await deps.access.write(caller, [{ op: 'remove', node: id }]);
    throw error;
  });
  await tellForest(deps, caller, made.path);
  return made.row;
}

interface Insertion {
  readonly id: string;
  readonly level: number;
  readonly parentId: string | null;
  readonly input: CreateInput;
  readonly personId: string;
}

function insertSpace(deps: SpacesDeps, caller: Caller, one: Insertion): Promise<{ row: SpaceRow; path: string[] }> {
  const { id, level, parentId, input, personId } = one;
  const { nameId, name, tagline, privacy } = input;
  return deps.db.write(async (tx) => {
    const spaces = spacesWriter(tx);
    const members = membersWriter(tx);
    const now = new Date(deps.clock.now());
    const path = parentId === null ? [] : await spaces.lockPath(parentId);
    if (parentId !== null && path.length !== level - 1) throw kitErrors('not-found', { kind: 'space' });
    if (parentId !== null && (await spaces.countChildren(parentId)) >= mostChildren)
      throw fail('spaces.too-many', { most: mostChildren });
    const row = await spaces.insert({ id, nameId, name, tagline, parentId, level, privacy, by: personId, now });
    if (!row) throw fail('spaces.name-taken', { nameId });
    await members.put(id, personId, 'owner', now);
    // Whoever has rights from further above need not be a member in between; below, they must be.
    for (const above of path) {
      if (await members.one(above.id, personId)) continue;
      await members.put(above.id, personId, 'member', now);
      await members.noteUntold(above.id, personId);
      await audit(deps.bus, tx, caller, {
        spaceId: above.id,
        action: 'member-joined',
        target: personId,
        after: { role: 'member' },
      });
    }
    await audit(deps.bus, tx, caller, {
      spaceId: id,
      action: 'space-created',
      target: name,
      after: { nameId, privacy },
    });
    return { row, path: path.map((above) => above.id) };
  });
}

export async function updateSpace(deps: SpacesDeps, caller: Caller, id: string, input: UpdateInput): Promise<SpaceRow> {
  const changed = await deps.db.write(async (tx) => {
    const spaces = spacesWriter(tx);
    const before = (await spaces.lockPath(id)).at(-1);
    const after = before && (await spaces.update(id, input));
    if (!before || !after) throw kitErrors('not-found', { kind: 'space' });
    const names = ['name', 'tagline', 'tags', 'privacy', 'visibility', 'membership'] as const;
    const differs = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    if (differs.length === 0) return after;
    await membersWriter(tx).noteUntold(id);
    await audit(deps.bus, tx, caller, {
      spaceId: id,
      action: 'space-updated',
      target: after.name,
      before: Object.fromEntries(differs.map((name) => [name, before[name]])),
      after: Object.fromEntries(differs.map((name) => [name, after[name]])),
    });
    return after;
  });
  await tellForest(deps, caller, [id]);
  return changed;
}

/** Removes a space and all below it; each one is told, so that what hangs under it goes too. */
export async function removeSpace(deps: SpacesDeps, caller: Caller, id: string): Promise<void> {
  await deps.db.write(async (tx) => {
    const spaces = spacesWriter(tx);
    const below = await spaces.lockBelow(id);
    if (below.length === 0) throw kitErrors('not-found', { kind: 'space' });
    for (const space of below.reverse()) {
      await spaces.remove(space.id);
      await deps.bus.emit(tx, SpaceRemoved, { key: space.id, caller, data: { spaceId: space.id } });
      await audit(deps.bus, tx, caller, { spaceId: space.id, action: 'space-removed', target: space.name });
    }
    await membersWriter(tx).noteUntold(id);
  });
  await tellForest(deps, caller, [id]);
}

export async function mustFind(deps: SpacesDeps, id: string): Promise<SpaceRow> {
  const found = await spacesReader(deps.db).byId(id);
  if (!found) throw kitErrors('not-found', { kind: 'space' });
  return found;
}
