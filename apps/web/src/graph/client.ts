import { Client, fetchExchange, mapExchange } from '@urql/core';
import { houseCache } from '#src/graph/cache.ts';
import { fetchById } from '#src/graph/document-ids.ts';
import { readProblem } from '#src/graph/problem.ts';

export interface HouseClientOptions {
  /** Called once when the house says that the session is over. */
  onSignedOut(): void;
}

/** The one GraphQL client of the page. Same origin, cookie only: no token is ever in the browser's hands. */
export function createHouseClient(options: HouseClientOptions): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: fetchById,
    fetchOptions: { credentials: 'same-origin', headers: { accept: 'application/json' } },
    requestPolicy: 'cache-and-network',
    exchanges: [
      mapExchange({
        onError(error) {
          if (readProblem(error).status === 401) options.onSignedOut();
        },
      }),
      houseCache(),
      fetchExchange,
    ],
  });
}
