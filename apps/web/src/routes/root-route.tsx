import { createRootRouteWithContext, Outlet } from '@tanstack/react-router';
import type { AnyVariables, Client, TypedDocumentNode } from '@urql/core';

export interface RouterContext {
  client: Client;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Outlet });

/** Starts a page's question while its code is still on the way; the page then finds the answer in the cache. */
export function ask<Data, Variables extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): void {
  void client.query(document, variables, { requestPolicy: 'cache-first' }).toPromise();
}
