/** Asks apps for their fields: who may, at which instance, how long and how much; and what of the answer is kept. */
import type { Access } from '@steading/access';
import {
  createHttpSubgraph,
  type GraphContext,
  type HttpSubgraph,
  keepAsked,
  type PromisedTypes,
} from '@steading/graph';
import { type Clock, kitErrors } from '@steading/kit';
import { type ExecutionResult, getOperationAST } from 'graphql';
import { Agent } from 'undici';
import type { ToldAsker } from '#src/graph/apps/told-asker.ts';
import { type AppOperation, failedAnswer, visibleEntities } from '#src/graph/apps/visible-entities.ts';

/** An app's part as it is served now. */
export interface ServedApp {
  readonly appId: string;
  readonly name: string;
  readonly path: string;
  readonly types: PromisedTypes;
}

export interface AppCallLimits {
  readonly seconds: number;
  readonly maxBytes: number;
}

export interface AppCallsOptions {
  /** By the name of the subgraph. */
  readonly served: (subgraph: string) => ServedApp | undefined;
  /** `127.0.0.1:40123` of a healthy instance; undefined: there is none. */
  readonly addressOf: (appId: string) => string | undefined;
  readonly toldAsker: ToldAsker;
  readonly access: Pick<Access, 'can' | 'require'>;
  readonly limits: AppCallLimits;
  readonly clock: Pick<Clock, 'now'>;
}

export interface AppCalls {
  call(subgraph: string, operation: AppOperation, context: GraphContext): Promise<ExecutionResult>;
  /** Forgets how apps did that are no longer there. */
  keepOnly(appIds: ReadonlySet<string>): void;
  stop(): Promise<void>;
}

export function createAppCalls(options: AppCallsOptions): AppCalls {
  const { served, addressOf, toldAsker, access, limits, clock } = options;
  const asks = new Map<string, HttpSubgraph>();
  const dispatcher = new Agent({
    connections: 32,
    connect: { timeout: 1_000 },
    // Shorter than what servers keep (Node: 5 s), so that we, not they, close an idle connection.
    keepAliveTimeout: 3_000,
    keepAliveMaxTimeout: 30_000,
    maxHeaderSize: 32_768,
  });

  function askOf({ appId, name }: ServedApp, subgraph: string): HttpSubgraph {
    let ask = asks.get(appId);
    if (!ask) {
      ask = createHttpSubgraph({
        name: `The app behind ${name}_…`,
        dispatcher,
        url: () => {
          const address = addressOf(appId);
          const path = served(subgraph)?.path;
          return address === undefined || path === undefined ? undefined : { origin: `http://${address}`, path };
        },
        headers: (context) => toldAsker(appId, context),
        clock,
        timeoutMs: limits.seconds * 1000,
        maxBytes: limits.maxBytes,
      });
      asks.set(appId, ask);
    }
    return ask;
  }

  async function run(app: ServedApp, subgraph: string, operation: AppOperation, context: GraphContext) {
    const { caller } = context;
    const isMutation = getOperationAST(operation.document, operation.operationName)?.operation === 'mutation';
    await access.require(caller, isMutation ? 'app.use' : 'app.read', app.appId);
    const visible = visibleEntities(operation, caller, access);
    if (visible.isEmpty) return visible.restore({ data: {} });
    const answer = await askOf(app, subgraph)(visible.operation, context);
    return visible.restore(keepAsked(visible.operation, answer, app.types));
  }

  return {
    async call(subgraph, operation, context) {
      try {
        const app = served(subgraph);
        if (!app) throw kitErrors('unavailable', { what: 'The app' });
        return await run(app, subgraph, operation, context);
      } catch (error) {
        return failedAnswer(operation, error);
      }
    },
    keepOnly(appIds) {
      for (const appId of asks.keys()) if (!appIds.has(appId)) asks.delete(appId);
    },
    stop: () => dispatcher.destroy(),
  };
}
