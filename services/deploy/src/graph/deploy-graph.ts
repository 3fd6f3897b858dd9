/** This service's part of the one endpoint. */
import { createSubgraphBuilder, finish, type Subgraph } from '@steading/graph';
import type { Deps } from '#src/deps.ts';
import { addApps } from '#src/graph/app-graph.ts';
import { addAppType } from '#src/graph/app-type.ts';
import { addDeployments } from '#src/graph/deployment-graph.ts';
import { addFollowing } from '#src/graph/follow-graph.ts';
import { createLoaders } from '#src/graph/loaders.ts';
import { addProjects } from '#src/graph/project-graph.ts';
import { addSubgraphs } from '#src/graph/subgraph-graph.ts';
import { createTypes, type GraphParts } from '#src/graph/types.ts';
import { addVariables } from '#src/graph/variable-graph.ts';

export function createDeployGraph(deps: Deps): Subgraph {
  const builder = createSubgraphBuilder({ service: 'deploy', log: deps.log, access: deps.access });
  const parts: GraphParts = {
    builder,
    deps,
    loaders: createLoaders(deps),
    types: createTypes(builder),
    may: (context, privilege, node) => deps.access.can(context.caller, privilege, node),
  };
  addProjects(parts);
  addAppType(parts);
  addApps(parts);
  addDeployments(parts);
  addFollowing(parts);
  addSubgraphs(parts);
  addVariables(parts);
  return finish(builder);
}
