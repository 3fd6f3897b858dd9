import { defineKind, type Role } from '@steading/forest';

const everybody: readonly Role[] = ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'];
const community: readonly Role[] = ['owner', 'admin', 'lead', 'developer', 'member', 'guest'];
const leading: readonly Role[] = ['owner', 'admin', 'lead'];
const owning: readonly Role[] = ['owner', 'admin'];

/** A space. What it takes from above it takes from the space above: rights over the platform end at its border. */
export const spaceKind = defineKind({
  kind: 'space',
  service: 'spaces',
  readAbout: 'space.read-about',
  privileges: {
    'space.read-about': { text: 'know that the space exists', roles: everybody },
    'space.read': { text: 'read the space', roles: everybody },
    'space.take-part': { text: 'take part in the space', roles: community },
    'space.update': { text: 'change the space', roles: leading },
    'space.manage-members': { text: 'invite people and change their roles', roles: leading },
    'space.create-subspace': { text: 'make spaces below it', roles: leading },
    'space.create-project': { text: 'make projects in it', roles: [...leading, 'developer'] },
    'space.remove': { text: 'remove the space', roles: owning },
    'space.read-access': { text: 'see who has access', roles: [...leading, 'developer', 'member'] },
    'space.read-audit': { text: 'read the audit trail of the space', roles: leading },
    'space.grant': { text: 'give and take access', roles: owning },
  },
  from: {
    platform: { owner: null, admin: null, lead: null, developer: null, member: null, guest: null, viewer: null },
  },
});

/** The node under which spaces without a parent stand. */
export const platformNode = 'platform';
