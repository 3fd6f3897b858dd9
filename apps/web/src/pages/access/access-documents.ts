import { graphql, type ResultOf } from '#src/graph/tada.ts';

export const AccessDocument = graphql(`
  query Access($id: ID!) {
    accessNode(id: $id) {
      id kind name inherit mayGrant roles
      holders { principal label role fromId fromName groupName until direct person { id name } }
      blocks { principal privileges until reason person { id name } }
      privileges { name text roles }
    }
  }
`);

export const ExplainDocument = graphql(`
  query Explain($nodeId: ID!, $privilege: String!, $personId: ID) {
    explainAccess(nodeId: $nodeId, privilege: $privilege, personId: $personId) {
      allowed text steps { what text nodeId nodeName }
    }
  }
`);

export const WhoCanDocument = graphql(`
  query WhoCan($nodeId: ID!, $privilege: String!) {
    whoCan(nodeId: $nodeId, privilege: $privilege) { principal label role fromName groupName person { id name } }
  }
`);

export const GrantDocument = graphql(`
  mutation GrantAccess($nodeId: ID!, $personId: ID!, $role: String!, $until: DateTime) {
    grantAccess(nodeId: $nodeId, personId: $personId, role: $role, until: $until) { id }
  }
`);
export const RevokeDocument = graphql(`
  mutation RevokeAccess($nodeId: ID!, $personId: ID!, $role: String!) {
    revokeAccess(nodeId: $nodeId, personId: $personId, role: $role) { id }
  }
`);
export const BlockDocument = graphql(`
  mutation BlockAccess($nodeId: ID!, $personId: ID!, $privileges: [String!]!, $until: DateTime, $reason: String!) {
    blockAccess(nodeId: $nodeId, personId: $personId, privileges: $privileges, until: $until, reason: $reason) { id }
  }
`);
export const UnblockDocument = graphql(`
  mutation UnblockAccess($nodeId: ID!, $personId: ID!) { unblockAccess(nodeId: $nodeId, personId: $personId) { id } }
`);
export const InheritDocument = graphql(`
  mutation SetInherit($nodeId: ID!, $inherit: String!) { setInherit(nodeId: $nodeId, inherit: $inherit) { id } }
`);

export type AccessNode = ResultOf<typeof AccessDocument>['accessNode'];
export type Holder = AccessNode['holders'][number];
