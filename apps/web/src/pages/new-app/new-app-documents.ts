import { graphql, type ResultOf } from '#src/graph/tada.ts';

export const InspectDocument = graphql(`
  query InspectSource($url: String!, $branch: String, $token: String, $spaceId: ID!) {
    inspectSource(url: $url, branch: $branch, token: $token, spaceId: $spaceId) {
      ok problem branches defaultBranch
      detection { builder title reasons node commands { install build start } }
    }
  }
`);

export const CreateAppDocument = graphql(`
  mutation CreateApp($input: CreateAppInput!) { createApp(input: $input) { id source { deployKey } } }
`);

export const FirstDeployDocument = graphql(`
  mutation FirstDeploy($appId: ID!) { deploy(appId: $appId) { id number } }
`);

export type Inspection = ResultOf<typeof InspectDocument>['inspectSource'];

export interface Source {
  url: string;
  branch: string;
  token: string;
  withDeployKey: boolean;
}
