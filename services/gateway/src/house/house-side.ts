import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { ServiceContext } from '@steading/service';
import type { SessionGuard } from '#src/caller/session-guard.ts';
import type { gatewayConfig } from '#src/config.ts';
import type { Side } from '#src/front/front.ts';
import { plainPage, rawRefusal } from '#src/front/plain-page.ts';
import type { GraphEndpoint } from '#src/graph/graph-endpoint.ts';
import { createHouseApp } from '#src/house/house-app.ts';
import { createRequestLimits } from '#src/house/limits.ts';
import { livePath } from '#src/live/live-side.ts';
import type { Metrics } from '#src/metrics.ts';

export interface HouseSideOptions {
  readonly context: ServiceContext<typeof gatewayConfig>;
  readonly guard: SessionGuard;
  readonly graph: GraphEndpoint;
  readonly live: Side;
  readonly metrics: Metrics;
  readonly webRoot: string;
}

const tooOften = 'Too many connections from this address. Try again in a minute.';

/** The house's own domain as the front sees it. */
export async function createHouseSide(options: HouseSideOptions): Promise<Side & { close(): Promise<void> }> {
  const { context, guard, graph, live, metrics, webRoot } = options;
  const { config } = context;
  const limits = createRequestLimits({
    limits: context.limits,
    signInPerMinute: config.STEADING_SIGN_IN_PER_MINUTE,
    requestsPerMinute: config.STEADING_REQUESTS_PER_MINUTE,
    addressPerMinute: config.STEADING_ADDRESS_PER_MINUTE,
  });
  const app = await createHouseApp({
    catalogue: context.catalogue,
    doors: context.doors,
    guard,
    graph,
    metrics,
    metricsToken: config.STEADING_METRICS_TOKEN,
    webRoot,
    rootPem: () => readFile(join(context.house.dataDir, 'gateway', 'root.pem'), 'utf8').catch(() => undefined),
    appKeys: () => context.appAssertion.publicKeys(),
    publicUrl: context.house.publicUrl,
    maxUploadBytes: config.STEADING_MAX_UPLOAD_BYTES,
    limits,
    clock: context.clock,
    log: context.log,
  });
  /** A handshake makes a session before anybody is known: it counts as a request does. */
  async function admit(incoming: IncomingMessage, enter: () => void, refuse: () => void): Promise<void> {
    const { allowed } = limits.takeAddress(incoming.socket.remoteAddress ?? '');
    if (allowed) enter();
    else refuse();
  }

  return {
    request(incoming, outgoing, host) {
      if (isLive(incoming))
        return void admit(
          incoming,
          () => live.request(incoming, outgoing, host),
          () => plainPage(outgoing, 429, tooOften),
        );
      if (incoming.headers.expect) outgoing.writeContinue();
      app.routing(incoming, outgoing);
    },
    upgrade(incoming, socket, head, host) {
      if (isLive(incoming))
        void admit(
          incoming,
          () => live.upgrade(incoming, socket, head, host),
          () => rawRefusal(socket, 429, tooOften),
        );
      else rawRefusal(socket, 404, 'There is nothing at this address.');
    },
    close: () => app.close(),
  };
}

function isLive({ url = '' }: IncomingMessage): boolean {
  return url.startsWith(`${livePath}/`);
}
