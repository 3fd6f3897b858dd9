import {
  createLoaders,
  createSubgraphRunner,
  createSubgraphSubscriber,
  type GraphContext,
  type SubgraphRunner,
} from '@steading/graph';
import { type AppError, anonymous, type Caller, kitErrors, type Log, toPublicError } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, parse, print } from 'graphql';
import { LRUCache } from 'lru-cache';
import { readBoundedJson } from '#src/bounded-json.ts';
import { createRouter, type Router } from '#src/routes.ts';
import type { Doors, GraphOperation, Health, ServiceDefinition, ServiceHealth, ServiceParts } from '#src/service.ts';
import { answerSubscription, askSubscription } from '#src/subscriptions.ts';

/** Asks another process of the house: libs/rpc's HTTP/2 client, with the caller's assertion added. */
export type RemoteFetch = (service: string, request: Request, caller: Caller) => Promise<Response>;

export interface DoorsOptions {
  readonly catalogue: readonly ServiceDefinition[];
  /** Filled while the services of this process are made. */
  readonly local: ReadonlyMap<string, ServiceParts>;
  readonly remote: RemoteFetch;
  /** Aborted when this process begins to stop: what is open for other processes then ends. */
  readonly stopping: AbortSignal;
  readonly log: Log;
}

/** What another process may answer to one operation: twice what the endpoint answers by default, for keys come along. */
const maxAnswerBytes = 32_000_000;

/**
 * The ways into services. In this process they are function calls; another process is asked through its internal
 * door, which ends in the same functions there (`answerInside`).
 */
export function createDoors(options: DoorsOptions): Doors {
  const { catalogue, local, remote } = options;
  const documents = createDocuments();
  const routers = new Map<string, Router>();
  const routerOf = (service: string, parts: ServiceParts) => {
    let router = routers.get(service);
    if (!router) routers.set(service, (router = createRouter(parts.http ?? [])));
    return router;
  };
  /** By schema: a service may put another in the place of its first. */
  const runners = new WeakMap<GraphQLSchema, SubgraphRunner>();
  const runnerOf = (schema: GraphQLSchema) => {
    let runner = runners.get(schema);
    if (!runner) runners.set(schema, (runner = createSubgraphRunner(schema)));
    return runner;
  };

  function send(
    door: 'graph' | 'subscribe',
    service: string,
    operation: GraphOperation,
    context: GraphContext,
  ): Promise<Response> {
    const body = JSON.stringify({
      query: documents.textOf(operation.document),
      variables: operation.variables,
      operationName: operation.operationName,
    });
    const request = new Request(`http://${service}/inside/${service}/${door}`, {
      method: 'POST',
      body,
      signal: context.signal,
      ...(context.traceparent && { headers: { traceparent: context.traceparent } }),
    });
    return remote(service, request, context.caller);
  }

  async function askRemote(
    service: string,
    operation: GraphOperation,
    context: GraphContext,
  ): Promise<ExecutionResult> {
    const answer = await send('graph', service, operation, context);
    const revision = Number(answer.headers.get('steading-revision') ?? 0);
    if (revision > 0) context.noteRevision(revision);
    if (!answer.ok) throw kitErrors('unavailable', { what: service }, new Error(await answer.text()));
    return (await readBoundedJson(answer, maxAnswerBytes)) as ExecutionResult;
  }

  return {
    async http(service, request, caller) {
      const parts = local.get(service);
      if (!parts) return remote(service, inside(request, service, 'http'), caller);
      return routerOf(service, parts).handle(request, caller);
    },
    async sdl(service) {
      const parts = local.get(service);
      if (parts) return parts.graph?.sdl ?? '';
      const answer = await remote(service, new Request(`http://${service}/inside/${service}/sdl`), houseCaller());
      if (!answer.ok) throw kitErrors('unavailable', { what: service });
      return answer.text();
    },
    graph(service, operation, context) {
      const parts = local.get(service);
      if (parts?.graph) return runnerOf(parts.graph.schema)(operation, context);
      return askRemote(service, operation, context);
    },
    async subscribe(service, operation, context) {
      const parts = local.get(service);
      if (parts?.graph) return createSubgraphSubscriber(parts.graph.schema)(operation, context);
      return askSubscription({
        service,
        signal: context.signal,
        send: (signal) => send('subscribe', service, operation, { ...context, signal }),
      });
    },
    async health({ timeoutMs = usualHealthMs } = {}) {
      return Promise.all(catalogue.map(({ name }) => healthOf(name, { local, remote, timeoutMs })));
    },
  };
}

/** What the internal door does with a path that is no RPC: `/inside/<service>/<http|sdl|graph|subscribe|health>…`. */
export function createInsideHandler(options: DoorsOptions): (request: Request, caller: Caller) => Promise<Response> {
  const doors = createDoors(options);
  const documents = createDocuments();
  return async (request, caller) => {
    const url = new URL(request.url);
    const [, , service = '', door = '', ...rest] = url.pathname.split('/');
    const parts = options.local.get(service);
    try {
      if (!parts) throw kitErrors('unavailable', { what: service });
      if (door === 'sdl') return new Response(parts.graph?.sdl ?? '');
      if (door === 'health') return Response.json(await localHealth(service, parts));
      if (door === 'http') return await doors.http(service, outside(request, url, rest), caller);
      if (door === 'graph') return await answerGraph(doors, documents, service, request, caller);
      if (door === 'subscribe') return await answerStream(options, doors, documents, service, request, caller);
      throw kitErrors('not-found', { kind: 'way in' });
    } catch (error) {
      if ((error as AppError).status === undefined)
        options.log.error({ err: error, service, door }, 'an internal call failed');
      const shown = toPublicError(error);
      return Response.json({ error: shown }, { status: shown.status });
    }
  };
}

async function answerGraph(
  doors: Doors,
  documents: Documents,
  service: string,
  request: Request,
  caller: Caller,
): Promise<Response> {
  let revision = 0;
  const traceparent = request.headers.get('traceparent');
  const result = await doors.graph(service, await readOperation(documents, request), {
    caller,
    signal: request.signal,
    loaders: createLoaders(),
    noteRevision: (seen) => (revision = Math.max(revision, seen)),
    ...(traceparent !== null && { traceparent }),
  });
  return Response.json(result, { headers: { 'steading-revision': String(revision) } });
}

async function answerStream(
  { stopping, log }: DoorsOptions,
  doors: Doors,
  documents: Documents,
  service: string,
  request: Request,
  caller: Caller,
): Promise<Response> {
  const operation = await readOperation(documents, request);
  const open = (signal: AbortSignal) =>
    doors.subscribe(service, operation, { caller, signal, loaders: createLoaders(), noteRevision: () => {} });
  return answerSubscription({ open, signal: request.signal, stopping, caller, log });
}

async function readOperation(documents: Documents, request: Request): Promise<GraphOperation> {
  const sent = (await request.json()) as { query: string; variables?: Record<string, unknown>; operationName?: string };
  return {
    document: documents.read(sent.query),
    ...(sent.variables && { variables: sent.variables }),
    ...(sent.operationName && { operationName: sent.operationName }),
  };
}

const maxDocuments = 1000;

/**
 * Documents and their texts. Plans send the same few over and over: each is printed once, and read once where it
 * arrives, so that what was compiled for it there is found again.
 */
function createDocuments() {
  const texts = new WeakMap<DocumentNode, string>();
  const read = new LRUCache<string, DocumentNode>({ max: maxDocuments });
  return {
    textOf(document: DocumentNode): string {
      let text = texts.get(document);
      if (text === undefined) texts.set(document, (text = print(document)));
      return text;
    },
    read(text: string): DocumentNode {
      let document = read.get(text);
      if (!document) read.set(text, (document = parse(text, { noLocation: true })));
      return document;
    },
  };
}
type Documents = ReturnType<typeof createDocuments>;

const usualHealthMs = 5_000;

async function healthOf(
  service: string,
  options: { local: ReadonlyMap<string, ServiceParts>; remote: RemoteFetch; timeoutMs: number },
): Promise<ServiceHealth> {
  const { remote, timeoutMs } = options;
  const parts = options.local.get(service);
  const known = { service, here: parts !== undefined };
  const late = AbortSignal.timeout(timeoutMs);
  try {
    if (parts) return { ...known, ...(await localHealth(service, parts)) };
    const asked = new Request(`http://${service}/inside/${service}/health`, { signal: late });
    const told = remote(service, asked, houseCaller()).then((answer) => answer.json() as Promise<Health>);
    // Whoever stands still may keep even the connection waiting.
    const isLate = new Promise<never>((_, fail) => late.addEventListener('abort', () => fail(late.reason as Error)));
    return { ...known, ...(await Promise.race([told, isLate])) };
  } catch (error) {
    const reason = late.aborted ? 'does not answer' : `cannot be asked: ${(error as Error).message}`;
    return { ...known, ready: false, reason };
  }
}

async function localHealth(_service: string, parts: ServiceParts): Promise<Health> {
  return (await parts.health?.()) ?? { ready: true };
}

function houseCaller(): Caller {
  return { ...anonymous('req_house'), kind: 'service', principal: 'service:house' };
}

/** The same request under `/inside/<service>/http/…`, for another process. */
function inside(request: Request, service: string, door: string): Request {
  const url = new URL(request.url);
  return new Request(
    `http://${service}/inside/${service}/${door}${url.pathname}${url.search}`,
    withOrigin(request, url.origin),
  );
}

/** And back: the request as the person sent it. */
function outside(request: Request, url: URL, rest: readonly string[]): Request {
  const origin = request.headers.get('steading-origin') ?? url.origin;
  return new Request(`${origin}/${rest.join('/')}${url.search}`, withOrigin(request));
}

function withOrigin(request: Request, origin?: string): RequestInit {
  const headers = new Headers(request.headers);
  if (origin) headers.set('steading-origin', origin);
  else headers.delete('steading-origin');
  const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers, signal: request.signal };
  if (request.body) {
    init.body = request.body;
    init.duplex = 'half';
  }
  return init;
}
