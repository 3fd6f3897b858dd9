/** Variables of a project, an environment or an app. */
import { signedIn } from '@steading/graph';
import { listVariables, removeVariable, type ShownVariable, setVariables } from '#src/actions/variables.ts';
import type { GraphParts } from '#src/graph/types.ts';

export function addVariables({ builder, deps }: GraphParts): void {
  const Variable = builder.objectRef<ShownVariable>('Variable').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      value: t.string({ nullable: true, resolve: (variable) => variable.value }),
      secret: t.exposeBoolean('secret'),
      level: t.exposeString('level'),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  });
  const VariableInput = builder.inputType('VariableInput', {
    fields: (t) => ({ name: t.string({ required: true }), value: t.string({ required: true }), secret: t.boolean() }),
  });
  // The kind of the owner decides which privilege is asked for; the action behind each field asks the forest.
  builder.queryField('variables', (t) =>
    t.field({
      type: [Variable],
      args: { ownerId: t.arg.id({ required: true }) },
      access: signedIn(),
      resolve: (_root, { ownerId }, context) => listVariables(deps, context.caller, ownerId),
    }),
  );
  builder.mutationFields((t) => ({
    setVariables: t.field({
      type: [Variable],
      args: { ownerId: t.arg.id({ required: true }), variables: t.arg({ type: [VariableInput], required: true }) },
      access: signedIn(),
      resolve: (_root, { ownerId, variables }, context) => setVariables(deps, context.caller, ownerId, variables),
    }),
    removeVariable: t.boolean({
      args: { ownerId: t.arg.id({ required: true }), name: t.arg.string({ required: true }) },
      access: signedIn(),
      resolve: (_root, { ownerId, name }, context) => removeVariable(deps, context.caller, ownerId, name),
    }),
  }));
}
