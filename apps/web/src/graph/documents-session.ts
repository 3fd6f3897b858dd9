import { graphql } from '#src/graph/tada.ts';

/** Who is looking, and in which house: asked once before the first page. */
export const SessionDocument = graphql(`
  query Session {
    viewer { person { id name email } isOperator canCreateSpaces sessionId }
    houseInfo { name version needsSetup registration mailConfigured appsDomain providers { id name issuer } }
  }
`);

export const SidebarDocument = graphql(`
  query Sidebar {
    mySpaces { id nameId name level visibility parent { id } }
  }
`);
