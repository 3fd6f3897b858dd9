import { graphql } from '#src/graph/tada.ts';

export const SpaceDocument = graphql(`
  query Space($nameId: String!) {
    space(nameId: $nameId) {
      id nameId name tagline tags privacy visibility membership createdAt level myRole memberCount
      parent { id nameId name }
      may { update manageMembers createSubspace createProject remove readAudit grant join leave }
    }
  }
`);

export const SpaceContentDocument = graphql(`
  query SpaceContent($nameId: String!) {
    space(nameId: $nameId) {
      id
      children { id nameId name tagline privacy memberCount myRole }
      projects { id nameId name createdAt apps { id nameId name url state newest { id number state createdAt commitMessage } } }
    }
  }
`);

export const SpaceMembersDocument = graphql(`
  query SpaceMembers($nameId: String!, $search: String, $after: String) {
    space(nameId: $nameId) {
      id
      members(first: 50, search: $search, after: $after) {
        nodes { role since person { id name email } }
        endCursor hasNextPage totalCount
      }
    }
  }
`);

export const SpaceInvitationsDocument = graphql(`
  query SpaceInvitations($nameId: String!) {
    space(nameId: $nameId) {
      id
      invitations { id email role state createdAt link person { id name } invitedBy { id name } }
    }
  }
`);
