import { createRouter } from '@tanstack/react-router';
import type { Client } from '@urql/core';
import { Lost } from '#src/pages/lost.tsx';
import { PageProblem } from '#src/pages/page-problem.tsx';
import { routeTree } from '#src/routes/route-tree.tsx';

/** The router; its context carries the GraphQL client, so that a route can ask before its code has come. */
export function createHouseRouter(client: Client) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 10_000,
    scrollRestoration: true,
    defaultErrorComponent: PageProblem,
    defaultNotFoundComponent: Lost,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createHouseRouter>;
  }
}
