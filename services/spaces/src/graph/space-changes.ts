import { privilege, type SubgraphBuilder } from '@steading/graph';
import type { SpacesDeps } from '#src/deps.ts';
import type { SpaceType } from '#src/graph/space.ts';
import { checkInput, createInput, updateInput } from '#src/input.ts';
import { platformNode } from '#src/kinds.ts';
import { joinSpace } from '#src/membership.ts';
import { createSpace, removeSpace, updateSpace } from '#src/space-life.ts';

/** Making, changing, removing and joining spaces. */
export function addSpaceChanges(builder: SubgraphBuilder, deps: SpacesDeps, Space: SpaceType): void {
  const CreateSpaceInput = builder.inputType('CreateSpaceInput', {
    fields: (t) => ({
      nameId: t.string({ required: true }),
      name: t.string({ required: true }),
      tagline: t.string(),
      privacy: t.string(),
      parentId: t.id(),
    }),
  });
  const UpdateSpaceInput = builder.inputType('UpdateSpaceInput', {
    fields: (t) => ({
      name: t.string(),
      tagline: t.string(),
      tags: t.stringList(),
      privacy: t.string(),
      visibility: t.string(),
      membership: t.string(),
    }),
  });
  builder.mutationFields((t) => ({
    createSpace: t.field({
      type: Space,
      args: { input: t.arg({ type: CreateSpaceInput, required: true }) },
      access: ({ input }) =>
        input.parentId
          ? privilege('space.create-subspace', input.parentId)
          : privilege('platform.create-space', platformNode),
      resolve: (_, args, { caller }) => createSpace(deps, caller, checkInput(createInput, args.input)),
    }),
    updateSpace: t.field({
      type: Space,
      args: { id: t.arg.id({ required: true }), input: t.arg({ type: UpdateSpaceInput, required: true }) },
      access: (args) => privilege('space.update', args.id),
      resolve: (_, args, { caller }) => updateSpace(deps, caller, args.id, checkInput(updateInput, args.input)),
    }),
    removeSpace: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('space.remove', args.id),
      async resolve(_, args, { caller }) {
        await removeSpace(deps, caller, args.id);
        return true;
      },
    }),
    joinSpace: t.field({
      type: Space,
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('space.read', args.id),
      resolve: (_, args, { caller }) => joinSpace(deps, caller, args.id),
    }),
  }));
}
