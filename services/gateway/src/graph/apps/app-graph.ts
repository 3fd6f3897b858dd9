/** What deployed apps add to the endpoint: who they are, and how they are asked. */
import type { GraphExecutorOptions, SubgraphRegistry } from '@steading/graph';
import type { ServiceContext } from '@steading/service';
import { type AppCallLimits, createAppCalls } from '#src/graph/apps/app-calls.ts';
import { createAppFeed } from '#src/graph/apps/app-feed.ts';
import { createToldAsker, type ToldAskerContext } from '#src/graph/apps/told-asker.ts';

export interface AppGraph {
  /** Asks the app where the subgraph is one's, else whoever `others` asks. */
  call(others: GraphExecutorOptions['call']): GraphExecutorOptions['call'];
  /** Once the services are there. */
  start(endpoint: { readonly subgraphs: SubgraphRegistry; health(): { readonly ready: boolean } }): Promise<void>;
  /** To be called when the registry took or refused something. */
  statusChanged(): void;
  stop(): Promise<void>;
}

export interface AppGraphOptions {
  readonly context: ToldAskerContext & Pick<ServiceContext, 'access' | 'bus' | 'clock' | 'signal'>;
  /** As this gateway announces itself. */
  readonly edgeId: string;
  /** `127.0.0.1:40123` of a healthy instance of an app. */
  readonly addressOf: (appId: string) => string | undefined;
  readonly limits: AppCallLimits;
}

const isApp = (subgraph: string): boolean => subgraph.startsWith('app-');

export function createAppGraph({ context, edgeId, addressOf, limits }: AppGraphOptions): AppGraph {
  const { access, bus, rpc, clock, log, catalogue } = context;
  let feed: ReturnType<typeof createAppFeed> | undefined;
  const calls = createAppCalls({
    served: (subgraph) => feed?.served(subgraph),
    addressOf,
    toldAsker: createToldAsker(context),
    access,
    limits,
    clock,
  });
  return {
    call: (others) => (subgraph, operation, asked) =>
      isApp(subgraph) ? calls.call(subgraph, operation, asked) : others(subgraph, operation, asked),
    async start(endpoint) {
      if (!catalogue.some(({ name }) => name === 'deploy')) return;
      feed = createAppFeed({
        edgeId,
        registry: endpoint.subgraphs,
        isWhole: () => endpoint.health().ready,
        rpc,
        bus,
        clock,
        log,
        onChange: (appIds) => calls.keepOnly(appIds),
      });
      await feed.start(context.signal);
    },
    statusChanged: () => feed?.statusChanged(),
    async stop() {
      await feed?.stop();
      await calls.stop();
    },
  };
}
