import type { Clock, Log } from '@steading/kit';
import { newRequestId } from '@steading/kit';
import type { Doors, ServiceDefinition } from '@steading/service';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { SessionGuard } from '#src/caller/session-guard.ts';
import type { GraphEndpoint } from '#src/graph/graph-endpoint.ts';
import { addAnswers } from '#src/house/answers.ts';
import { addGraph } from '#src/house/graph-route.ts';
import { addGuard } from '#src/house/guard.ts';
import { addHealth } from '#src/house/health-pages.ts';
import type { RequestLimits } from '#src/house/limits.ts';
import { createPrefixTable, passToService } from '#src/house/service-doors.ts';
import { watchCaller } from '#src/house/watch-caller.ts';
import { addWebApp } from '#src/house/web-app.ts';
import type { Metrics } from '#src/metrics.ts';

export interface HouseAppOptions {
  readonly catalogue: readonly ServiceDefinition[];
  readonly doors: Doors;
  readonly guard: SessionGuard;
  readonly graph: GraphEndpoint;
  readonly limits: RequestLimits;
  readonly metrics: Metrics;
  readonly metricsToken: string | undefined;
  readonly webRoot: string;
  /** The root of the house's own authority, where it has one. */
  readonly rootPem: () => Promise<string | undefined>;
  /** The public halves of the keys that sign what apps are told, as a JSON Web Key Set. */
  readonly appKeys: () => Promise<object>;
  readonly publicUrl: string;
  readonly maxUploadBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything on the house's own domain: services' routes, GraphQL, the web app, health and metrics. */
export async function createHouseApp(options: HouseAppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    genReqId: () => newRequestId(),
    bodyLimit: options.maxUploadBytes,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 500 },
    // The front stops taking connections; what is under way is still answered.
    return503OnClosing: false,
  });
  addAnswers(app, options);
  addGuard(app, options);
  addHealth(app, options);
  addGraph(app, options);
  await addServiceRoutes(app, options);
  addWebApp(app, options);
  await app.ready();
  return app;
}

/** In a scope without body parsers: bodies are the services' to read. */
async function addServiceRoutes(app: FastifyInstance, options: HouseAppOptions): Promise<void> {
  const serviceOf = createPrefixTable(options.catalogue);
  const origin = new URL(options.publicUrl).origin;
  const prefixes = new Set(options.catalogue.flatMap((service) => service.http ?? []));
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const service = serviceOf(pathOf(request));
      if (!service) return reply.callNotFound();
      await passToService(
        {
          doors: options.doors,
          service,
          origin,
          caller: request.caller,
          noteRevision: (revision) => options.guard.noteRevision(request.caller, revision),
          onSignedOut: (call) => watchCaller({ guard: options.guard, clock: options.clock, request, call }),
        },
        request,
        reply,
      );
    };
    for (const prefix of prefixes) {
      const bare = prefix.replace(/\/$/, '');
      scope.all(bare, handler);
      scope.all(`${bare}/*`, handler);
    }
  });
}

export function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '/').split('?', 1)[0] ?? '/';
}
