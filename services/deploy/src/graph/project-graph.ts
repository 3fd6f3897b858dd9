/** Projects and environments, and what a space has of them. */

import { open, privilege, reference } from '@steading/graph';
import { kitErrors } from '@steading/kit';
import { findProject } from '#src/actions/find.ts';
import {
  createEnvironment,
  createProject,
  removeEnvironment,
  removeProject,
  updateProject,
} from '#src/actions/projects.ts';
import type { GraphParts } from '#src/graph/types.ts';

export function addProjects(parts: GraphParts): void {
  addProjectType(parts);
  addEnvironmentType(parts);
  addMutations(parts);
  const { builder, deps, types } = parts;
  builder.queryField('project', (t) =>
    t.field({
      type: types.Project,
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('project.read', args.id),
      resolve: (_root, { id }, context) => findProject(deps, context.caller, 'project.read', id),
    }),
  );
}

function addProjectType({ builder, types, loaders, may }: GraphParts): void {
  const Space = builder.externalRef('Space', builder.selection<{ id: string }>('id'));
  const May = builder.objectRef<{ id: string }>('ProjectMay').implement({
    fields: (t) => {
      const field = (action: string) =>
        t.boolean({ resolve: (project, _args, context) => may(context, `project.${action}`, project.id) });
      return {
        update: field('update'),
        createApp: field('create-app'),
        remove: field('remove'),
        readVariables: field('read-variables'),
        writeVariables: field('write-variables'),
      };
    },
  });
  types.Project.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      nameId: t.exposeString('name_id'),
      name: t.exposeString('name'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      space: t.field({ type: Space, resolve: (project) => ({ id: project.space_id }) }),
      may: t.field({ type: May, resolve: (project) => ({ id: project.id }) }),
      environments: t.field({
        type: [types.Environment],
        resolve: async (project, _args, context) =>
          (await loaders.environmentsOfProject(context).load(project.id)).filter((row) =>
            may(context, 'environment.read', row.id),
          ),
      }),
      apps: t.field({
        type: [types.App],
        resolve: async (project, _args, context) =>
          (await loaders.appsOfProject(context).load(project.id)).filter((row) => may(context, 'app.read', row.id)),
      }),
    }),
  });
  Space.implement({
    externalFields: (t) => ({ id: t.id() }),
    fields: (t) => ({
      projects: t.field({
        type: [types.Project],
        access: open('each project is shown only to those who may see it'),
        resolve: async (space, _args, context) =>
          (await loaders.projectsOfSpace(context).load(space.id)).filter((row) => may(context, 'project.read', row.id)),
      }),
    }),
  });
  builder.asEntity(types.Project, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      (key: { id: string }) => privilege('project.read', key.id),
      async ({ id }, context) => (await loaders.project(context).load(id)) ?? missing('project'),
    ),
  });
}

function addEnvironmentType({ types, loaders, may }: GraphParts): void {
  types.Environment.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      isDefault: t.exposeBoolean('is_default'),
      apps: t.field({
        type: [types.App],
        resolve: async (environment, _args, context) =>
          (await loaders.appsOfEnvironment(context).load(environment.id)).filter((row) =>
            may(context, 'app.read', row.id),
          ),
      }),
    }),
  });
}

function addMutations({ builder, deps, types }: GraphParts): void {
  const UpdateProjectInput = builder.inputType('UpdateProjectInput', {
    fields: (t) => ({ name: t.string() }),
  });
  builder.mutationFields((t) => ({
    createProject: t.field({
      type: types.Project,
      args: {
        spaceId: t.arg.id({ required: true }),
        nameId: t.arg.string({ required: true }),
        name: t.arg.string({ required: true }),
      },
      access: (args) => privilege('space.create-project', args.spaceId),
      resolve: async (_root, args, context) => (await createProject(deps, context.caller, args)).project,
    }),
    updateProject: t.field({
      type: types.Project,
      args: { id: t.arg.id({ required: true }), input: t.arg({ type: UpdateProjectInput, required: true }) },
      access: (args) => privilege('project.update', args.id),
      resolve: (_root, { id, input }, context) => updateProject(deps, context.caller, id, input),
    }),
    removeProject: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('project.remove', args.id),
      resolve: async (_root, { id }, context) => (await removeProject(deps, context.caller, id)) >= 0,
    }),
    createEnvironment: t.field({
      type: types.Environment,
      args: { projectId: t.arg.id({ required: true }), name: t.arg.string({ required: true }) },
      access: (args) => privilege('project.update', args.projectId),
      resolve: async (_root, args, context) => (await createEnvironment(deps, context.caller, args)).environment,
    }),
    removeEnvironment: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('environment.remove', args.id),
      resolve: async (_root, { id }, context) => (await removeEnvironment(deps, context.caller, id)) >= 0,
    }),
  }));
}

export function missing(kind: string): never {
  throw kitErrors('not-found', { kind });
}
