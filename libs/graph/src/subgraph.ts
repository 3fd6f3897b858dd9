import type { Caller } from '@steading/kit';
import type { GraphQLSchema } from 'graphql';

/** What every resolver gets. What a service needs beside it (its rules, readers, clients) comes by closure. */
export interface GraphContext {
  readonly caller: Caller;
  /** Aborted when the asker went away or the time is up. */
  readonly signal: AbortSignal;
  /** One request's memory, for loaders: `loaders.get('people', () => new DataLoader(…))`. */
  readonly loaders: { get<T>(key: string, make: () => T): T };
  /**
   * Tells the way in which forest revision this request led to, so that the session's next check is no older.
   */
  readonly noteRevision: (revision: number) => void;
  /** W3C trace context of the call, where there is one; goes on to other processes. */
  readonly traceparent?: string;
}

/** A service's part of the one endpoint: an executable schema with Apollo Federation 2 directives. */
export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** SDL with federation directives, as `_service { sdl }` gives it. */
  readonly sdl: string;
}
