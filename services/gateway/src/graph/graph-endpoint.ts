import { createGraphExecutor, createLoaders, type GraphAnswer, type GraphContext, toGraphError } from '@steading/graph';
import { type AppError, type Caller, isAppError, kitErrors } from '@steading/kit';
import type { Health, ServiceContext } from '@steading/service';
import { type DocumentNode, getOperationAST } from 'graphql';
import { readAccepted } from '#src/graph/accepted.ts';
import { shown, textOf } from '#src/graph/answer-text.ts';
import { createDocumentCache } from '#src/graph/document-cache.ts';
import { eventHeaders } from '#src/graph/event-stream.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { type GraphEvent, oneEvent, tellAnswers } from '#src/graph/graph-events.ts';
import { readGraphRequest } from '#src/graph/graph-request.ts';
import { createOpenSubscriptions, type SubscriptionLimits } from '#src/graph/open-subscriptions.ts';
import { createSubgraphWatch } from '#src/graph/subgraph-watch.ts';

export interface GraphEndpointRequest {
  readonly body: string | Uint8Array;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface GraphEndpointAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where the answer is a stream of events. */
  readonly body: string;
  /** Whoever is given them reads them, and aborts the request's signal when they are done with them. */
  readonly events?: AsyncIterable<GraphEvent>;
  /** The forest revision that the request led to, if it changed anything: the session's next check must be no older. */
  readonly revision?: number;
}

/** `POST /graphql`: JSON, or events for subscriptions and for whoever takes nothing else. */
export interface GraphEndpoint {
  handle(request: GraphEndpointRequest, signal: AbortSignal): Promise<GraphEndpointAnswer>;
  /** Ends every stream of events: their readers come again, to the next process. */
  closeStreams(): void;
  /** Ready once every service's part is there; what is there answers before. */
  health(): Health;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type GraphEndpointContext = Pick<ServiceContext, 'catalogue' | 'doors' | 'log' | 'clock' | 'signal'>;

const timeLimitMs = 20_000;

interface Prepared {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
  readonly isSubscription: boolean;
}

export function createGraphEndpoint(
  context: GraphEndpointContext,
  limits: SubscriptionLimits = { perCaller: 32, inAll: 4_096 },
): GraphEndpoint {
  const { catalogue, doors, log, clock } = context;
  const executor = createGraphExecutor({
    call: (service, operation, asked) => doors.graph(service, operation, asked),
    subscribe: (service, operation, asked) => doors.subscribe(service, operation, asked),
  });
  const services = catalogue.filter((definition) => definition.graph).map((definition) => definition.name);
  const watch = createSubgraphWatch({ services, doors, executor, clock, log });
  const documents = createDocumentCache();
  const subscriptions = createOpenSubscriptions(limits);
  const closing = new AbortController();

  function prepare(request: GraphEndpointRequest): Prepared {
    const { query, variables, operationName } = readGraphRequest(request.body);
    if (!executor.schema) throw kitErrors('unavailable', { what: 'The GraphQL endpoint' });
    const { document, asksAboutSchema } = documents.check(query, executor.schema);
    if (asksAboutSchema && request.caller.kind === 'anonymous') throw graphFail('gateway.introspection-refused');
    checkOperationName(document, operationName);
    const isSubscription = getOperationAST(document, operationName)?.operation === 'subscription';
    return { document, variables, operationName, isSubscription };
  }

  async function run(prepared: Prepared, request: GraphEndpointRequest, signal: AbortSignal, revisions: number[]) {
    const noteRevision = (revision: number) => void revisions.push(revision);
    const asked: GraphContext = { caller: request.caller, signal, loaders: createLoaders(), noteRevision };
    const result = await withDeadline(signal, () => executor.execute(prepared, asked));
    const told = answer(shown(result, request.caller, log), request, 200, revisions);
    const { events, json } = acceptedBy(request);
    return events && !json ? { ...told, headers: eventHeaders, body: '', events: oneEvent(told.body) } : told;
  }

  /** The deadline is for the opening alone. */
  async function open(prepared: Prepared, request: GraphEndpointRequest, signal: AbortSignal, late: AbortSignal) {
    const { caller } = request;
    if (!acceptedBy(request).events) throw graphFail('gateway.subscription-unaccepted');
    const failed = new AbortController();
    const until = AbortSignal.any([signal, closing.signal, failed.signal]);
    try {
      subscriptions.take(caller, until);
      const asked: GraphContext = { caller, signal: until, loaders: createLoaders(), noteRevision: () => {} };
      const answers = await withDeadline(AbortSignal.any([until, late]), () => executor.subscribe(prepared, asked));
      const events = tellAnswers({ answers, caller, signal: until, log });
      return { status: 200, headers: eventHeaders, body: '', events };
    } catch (error) {
      failed.abort();
      throw error;
    }
  }

  return {
    async handle(request, signal) {
      const revisions: number[] = [];
      const late = AbortSignal.timeout(timeLimitMs);
      try {
        const prepared = prepare(request);
        if (prepared.isSubscription) return await open(prepared, request, signal, late);
        return await run(prepared, request, AbortSignal.any([signal, late]), revisions);
      } catch (error) {
        const told = late.aborted && error === late.reason ? tooLate() : signal.aborted ? gone(error) : error;
        const failure = toGraphError(told, request, log);
        const status = Number(failure.extensions.status);
        return answer({ data: undefined, errors: [failure] }, request, status, revisions);
      }
    },
    closeStreams: () => closing.abort(kitErrors('unavailable', { what: 'The house' })),
    health() {
      return watch.problem ? { ready: false, reason: watch.problem } : { ready: true };
    },
    start: () => watch.start(context.signal),
    stop: () => watch.stop(),
  };
}

const acceptedBy = ({ headers }: GraphEndpointRequest) => readAccepted(headers.accept?.toString());

function checkOperationName(document: DocumentNode, name: string | undefined) {
  const names = document.definitions.flatMap((definition) =>
    definition.kind === 'OperationDefinition' ? [definition.name?.value ?? ''] : [],
  );
  if (name === undefined ? names.length === 1 : names.includes(name)) return;
  const problem = name === undefined ? 'say which operation by operationName.' : `it holds no operation ${name}.`;
  throw graphFail('gateway.query-unreadable', { problem });
}

function withDeadline<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', aborted));
  });
}

const tooLate = (): AppError => kitErrors('deadline-exceeded', { seconds: timeLimitMs / 1000 });
const gone = (error: unknown): AppError => (isAppError(error) ? error : kitErrors('cancelled', {}, error));

function answer(
  told: GraphAnswer,
  request: GraphEndpointRequest,
  status: number,
  revisions: readonly number[],
): GraphEndpointAnswer {
  const accept = String(request.headers.accept ?? '');
  const type = accept.includes('application/graphql-response+json') ? 'graphql-response+json' : 'json';
  return {
    status,
    headers: { 'content-type': `application/${type}; charset=utf-8`, 'cache-control': 'no-store' },
    body: textOf(told),
    ...(revisions.length > 0 ? { revision: Math.max(...revisions) } : {}),
  };
}
