import { defineKind } from '@steading/forest';

/** The house itself: one root node, `platform`. Its operators are its owners and admins. */
export const platformKind = defineKind({
  kind: 'platform',
  service: 'forest',
  readAbout: 'platform.read-about',
  privileges: {
    'platform.read-about': {
      text: 'know of the house',
      roles: ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'],
    },
    'platform.read': { text: 'see how the house is', roles: ['owner', 'admin'] },
    'platform.read-people': { text: 'see everybody in the house', roles: ['owner', 'admin'] },
    'platform.read-access': { text: 'see who has access to the house', roles: ['owner', 'admin'] },
    'platform.read-audit': { text: "read the house's audit trail", roles: ['owner', 'admin'] },
    'platform.invite': { text: 'invite people to the house', roles: ['owner', 'admin'] },
    'platform.create-space': { text: 'create spaces', roles: ['owner', 'admin', 'member'] },
    'platform.grant': { text: 'grant access to the house', roles: ['owner'] },
    'platform.admin': { text: 'operate the house', roles: ['owner', 'admin'] },
    'platform.break-glass': { text: 'break the glass of a node', roles: ['owner'] },
  },
});
