/** One request to an app: route, limits, body, then tries until one instance answers or trying again is not safe. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, type Log, newRequestId } from '@steading/kit';
import { attempt, type Outcome } from '#src/edge/attempt.ts';
import { forwardHeaders } from '#src/edge/forward-headers.ts';
import { BodyTooLarge, type RequestBody, readBody } from '#src/edge/request-body.ts';
import { mayRetry } from '#src/edge/retry-rules.ts';
import type { Route, RouteTable, Upstream } from '#src/edge/route-table.ts';
import type { Upstreams } from '#src/edge/upstreams.ts';
import { isGone } from '#src/front/exchanges.ts';
import { plainPage } from '#src/front/plain-page.ts';
import type { Metrics } from '#src/metrics.ts';

export interface EdgeOptions {
  /** Of this gateway, for the house's own probes. */
  readonly edgeId: string;
  readonly table: RouteTable;
  readonly upstreams: Upstreams;
  readonly metrics: Metrics;
  readonly probeKey: Buffer;
  readonly clock: Clock;
  readonly log: Log;
}

export type EdgeRequests = (incoming: IncomingMessage, outgoing: ServerResponse, host: string) => Promise<void>;

const defaultBodyBytes = 64 * 1024 * 1024;
const defaultTimeoutMs = 60_000;
/** How long others are tried after the first failure. */
const searchMs = 2_000;
/** How long an instance that starts (again) is waited for where nobody else is there. */
const startMs = 5_000;
const maxAttempts = 12;

export function createEdgeRequests(options: EdgeOptions): EdgeRequests {
  const { table, metrics, log } = options;
  return async (incoming, outgoing, host) => {
    const began = performance.now();
    const requestId = newRequestId();
    const route = table.find(host);
    const probes = isProbe(options.probeKey, incoming, host);
    if (probes) outgoing.setHeader('steading-edge', options.edgeId);
    if (!route) return plainPage(outgoing, 404, 'There is nothing at this address.');
    outgoing.once('close', () => metrics.edgeRequest(route.appId, outgoing.statusCode, performance.now() - began));
    outgoing.on('error', () => outgoing.destroy());
    try {
      if (route.unavailable) return plainPage(outgoing, 503, unavailableText(route.unavailable));
      const body = await readBody(incoming, outgoing, route.maxBodyBytes || defaultBodyBytes);
      await serve(options, { incoming, outgoing, host, route, body, requestId, isProbe: probes });
    } catch (error) {
      if (error instanceof BodyTooLarge) return tooLarge(outgoing, route);
      if (isGone(incoming, outgoing)) return;
      log.error({ err: error, requestId, app: route.appId }, 'a request to an app failed');
      plainPage(outgoing, 502, 'The request could not be passed on.', incoming.httpVersionMajor < 2);
    }
  };
}

interface Serving {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly host: string;
  readonly route: Route;
  readonly body: RequestBody;
  readonly requestId: string;
  readonly isProbe: boolean;
}

async function serve(options: EdgeOptions, serving: Serving): Promise<void> {
  const { upstreams, metrics, clock } = options;
  const { incoming, outgoing, route } = serving;
  const tried = new Set<string>();
  let untilMs: number | undefined;
  for (let count = 1; ; count++) {
    const instance = upstreams.pick(await servingSoon(options, serving), tried);
    if (!instance) return plainPage(outgoing, 503, 'This app has no running instance at the moment. Try again soon.');
    const outcome = await tryOne(options, serving, instance);
    if (!outcome.error) return;
    if (outgoing.writableEnded) return;
    if (isGone(incoming, outgoing) || outcome.answered) return void outgoing.destroy();
    if (isUnsendable(outcome)) return give(serving, outcome);
    if (!outcome.sent && !outcome.timedOut) upstreams.eject(instance.id);
    const repeatable = serving.body.repeatable;
    const again = mayRetry({ ...outcome, method: serving.incoming.method ?? 'GET', repeatable });
    untilMs ??= clock.now() + searchMs;
    if (!again || count >= maxAttempts || clock.now() >= untilMs) return give(serving, outcome);
    metrics.edgeRetry(route.appId);
    if (tried.has(instance.id)) await clock.sleep(Math.min(25 * count, 250));
    tried.add(instance.id);
  }
}

/** Who may be asked; where nobody is there but somebody starts (a program that died comes back), waits for a moment. */
async function servingSoon({ table, clock }: EdgeOptions, { incoming, outgoing, route: { appId } }: Serving) {
  const untilMs = clock.now() + startMs;
  const mayWait = () => table.startsSoon(appId) && clock.now() < untilMs && !isGone(incoming, outgoing);
  while (table.serving(appId).length === 0 && mayWait()) await clock.sleep(20);
  return table.serving(appId);
}

async function tryOne(options: EdgeOptions, serving: Serving, instance: Upstream): Promise<Outcome> {
  const { upstreams, clock } = options;
  const { incoming, outgoing, host, route } = serving;
  const done = upstreams.begin(instance.id);
  let forget = () => {};
  try {
    return await attempt({
      pool: upstreams.pool(instance.address),
      incoming,
      outgoing,
      headers: forwardHeaders(incoming.rawHeaders, originOf(incoming, host, serving.requestId)),
      body: serving.body.open(),
      timeoutMs: route.timeoutMs || defaultTimeoutMs,
      clock,
      extra: extraHeaders(serving, instance),
      onAnswer(isEventStream, close) {
        if (isEventStream) forget = upstreams.track(instance.id, { close });
      },
    });
  } finally {
    forget();
    done();
  }
}

export function originOf(incoming: IncomingMessage, host: string, requestId: string) {
  const authority = (incoming.headers as Record<string, string | undefined>)[':authority'];
  return {
    address: incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    host: authority ?? incoming.headers.host ?? host,
    secure: 'encrypted' in incoming.socket,
    requestId,
  };
}

/** Only the house's own probes are told who served. */
function extraHeaders({ requestId, isProbe }: Serving, instance: Upstream): string[] {
  const shown = ['x-request-id', requestId];
  return isProbe ? [...shown, 'steading-generation', instance.generation, 'steading-instance', instance.id] : shown;
}

/** Whether the house itself asks: the host is signed by its key. */
export function isProbe(key: Buffer, incoming: IncomingMessage, host: string): boolean {
  const sent = incoming.headers['steading-probe'];
  if (typeof sent !== 'string') return false;
  const right = Buffer.from(createHmac('sha256', key).update(host).digest('hex'));
  const given = Buffer.from(sent);
  return given.length === right.length && timingSafeEqual(given, right);
}

function give({ incoming, outgoing, route }: Serving, outcome: Outcome): void {
  const close = incoming.httpVersionMajor < 2 && !incoming.complete;
  if (outcome.error instanceof BodyTooLarge) tooLarge(outgoing, route);
  else if (isUnsendable(outcome)) plainPage(outgoing, 400, 'This request cannot be passed on.', close);
  else if (outcome.timedOut) plainPage(outgoing, 504, 'The app did not answer in time.', close);
  else if (outcome.malformed) plainPage(outgoing, 502, 'What the app answered is no proper answer.', close);
  else plainPage(outgoing, 502, 'The app ended the connection without an answer.', close);
}

/** The request itself is one that cannot be written: no instance is to blame. */
function isUnsendable({ error, sent }: Outcome): boolean {
  return !sent && (error as NodeJS.ErrnoException | undefined)?.code === 'UND_ERR_INVALID_ARG';
}

function tooLarge(outgoing: ServerResponse, route: Route): void {
  const limit = Math.round((route.maxBodyBytes || defaultBodyBytes) / 1024);
  plainPage(outgoing, 413, `This app takes at most ${limit} KB at once.`, outgoing.req.httpVersionMajor < 2);
}

export function unavailableText(reason: string): string {
  if (reason === 'not-deployed') return 'This app was not deployed yet.';
  if (reason === 'stopped') return 'This app is stopped.';
  return `This app cannot be served now: ${reason}.`;
}
