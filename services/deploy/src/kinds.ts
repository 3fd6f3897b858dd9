import { defineKind, type KindDefinition, type PrivilegeDefinition, type Role } from '@steading/forest';

const managers: readonly Role[] = ['owner', 'admin'];
const builders: readonly Role[] = ['owner', 'admin', 'lead', 'developer'];
const community: readonly Role[] = [...builders, 'member'];
const everybody: readonly Role[] = ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'];

/** In a space people meet; what runs there is changed by its developers only, and seen by all. */
const fromSpace = { lead: 'developer', guest: 'viewer' } as const;

function standing(kind: string, thing: string): Record<string, PrivilegeDefinition> {
  return {
    [`${kind}.read-about`]: { text: `know that the ${thing} exists`, roles: everybody },
    [`${kind}.read`]: { text: `see the ${thing}`, roles: everybody },
    [`${kind}.read-access`]: { text: `see who may do what with the ${thing}`, roles: builders },
    [`${kind}.read-audit`]: { text: `read the audit trail of the ${thing}`, roles: managers },
    [`${kind}.grant`]: { text: `grant access to the ${thing}`, roles: managers },
    [`${kind}.update`]: { text: `change the ${thing}`, roles: builders },
    [`${kind}.remove`]: { text: `remove the ${thing}`, roles: managers },
    [`${kind}.read-variables`]: { text: `read the variables of the ${thing}`, roles: builders },
    [`${kind}.write-variables`]: { text: `change the variables of the ${thing}`, roles: builders },
  };
}

export const deployKinds: readonly KindDefinition[] = [
  defineKind({
    kind: 'project',
    service: 'deploy',
    readAbout: 'project.read-about',
    from: { space: fromSpace },
    privileges: {
      ...standing('project', 'project'),
      'project.create-app': { text: 'make an app in the project', roles: builders },
    },
  }),
  defineKind({
    kind: 'environment',
    service: 'deploy',
    readAbout: 'environment.read-about',
    privileges: {
      ...standing('environment', 'environment'),
      'environment.create-app': { text: 'make an app in the environment', roles: builders },
    },
  }),
  defineKind({
    kind: 'app',
    service: 'deploy',
    readAbout: 'app.read-about',
    privileges: {
      ...standing('app', 'app'),
      'app.use': { text: 'change things in the app through its part of the GraphQL endpoint', roles: community },
      'app.deploy': { text: 'deploy the app', roles: builders },
      'app.cancel': { text: 'cancel a deployment of the app', roles: builders },
      'app.rollback': { text: 'roll the app back', roles: builders },
      'app.read-logs': { text: 'read the logs of the app', roles: builders },
      'app.manage-domains': { text: 'manage the domains of the app', roles: builders },
    },
  }),
];
