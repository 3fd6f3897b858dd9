import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail } from '#src/errors.ts';
import type { HouseAppOptions } from '#src/house/house-app.ts';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Balancers ask every second, and take an answer that is late for none. */
const quickMs = 500;

/**
 * `/livez`: this process answers. `/readyz`: the house is ready, or why not. `/metrics`: for Prometheus.
 *
 * A gateway is ready once every service was, and from then on as long as those of its own process are: that a service
 * of another process is away is told there, but a balancer that took all gateways out for it would take all apps from
 * people, and the house with everything that still answers.
 */
export function addHealth(
  app: FastifyInstance,
  { doors, metrics, metricsToken, rootPem, appKeys }: HouseAppOptions,
): void {
  app.get('/house-root.pem', async (_request, reply) => {
    const pem = await rootPem();
    if (!pem) throw fail('gateway.no-page');
    return reply.type('application/x-pem-file').send(pem);
  });
  // By these an app checks who the house says asks; they are what anybody may know.
  app.get('/.well-known/steading-app-keys.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(await appKeys()),
  );
  app.get('/livez', async (_request, reply) => reply.header('cache-control', 'no-store').send({ live: true }));
  let wasWhole = false;
  app.get('/readyz', async (_request, reply) => {
    const services = await doors.health(wasWhole ? { timeoutMs: quickMs } : {});
    wasWhole ||= services.every((service) => service.ready);
    const ready = services.every((service) => service.ready || (wasWhole && !service.here));
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, services });
  });
  app.get('/metrics', async (request, reply) => {
    if (!mayReadMetrics(request, metricsToken)) throw fail('gateway.metrics-closed');
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** A request that some proxy passed on is not from this machine, whatever its connection says. */
function mayReadMetrics(request: FastifyRequest, token: string | undefined): boolean {
  const sent = request.headers.authorization?.match(/^Bearer (\S+)$/)?.[1];
  if (token && sent) return timingSafeEqual(sha256(sent), sha256(token));
  const passedOn = request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
  return !passedOn && loopback.has(request.raw.socket.remoteAddress ?? '');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
