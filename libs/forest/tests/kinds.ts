import { defineKind, type Role } from '#src/kinds.ts';

const all: Role[] = ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'];
const none = {
  owner: null,
  admin: null,
  lead: null,
  developer: null,
  member: null,
  guest: null,
  viewer: null,
} as const;

/** A small house of kinds, as services would register them. */
export const kinds = [
  defineKind({
    kind: 'platform',
    service: 'forest',
    readAbout: 'platform.read-about',
    privileges: {
      'platform.read-about': { text: 'see the house', roles: all },
      'platform.break-glass': { text: 'break the glass', roles: ['owner'] },
      'platform.create-space': { text: 'create spaces', roles: ['owner', 'admin', 'member'] },
    },
  }),
  defineKind({
    kind: 'space',
    service: 'spaces',
    readAbout: 'space.read-about',
    privileges: {
      'space.read-about': { text: 'know of the space', roles: all },
      'space.read': { text: 'read the space', roles: all },
      'space.update': { text: 'change the space', roles: ['owner', 'admin', 'lead'] },
      'space.edit-post': { text: 'edit the post', roles: ['owner', 'admin'] },
    },
    from: { platform: none },
    own: ['space.edit-post'],
  }),
  defineKind({
    kind: 'app',
    service: 'deploy',
    readAbout: 'app.read-about',
    privileges: {
      'app.read-about': { text: 'know of the app', roles: all },
      'app.deploy': { text: 'deploy the app', roles: ['owner', 'admin', 'developer'] },
    },
    from: { space: { lead: 'developer', member: 'viewer', guest: 'viewer' } },
  }),
];
