import type { Bus } from '@steading/bus';
import {
  type ComposeSubgraphs,
  composeSubgraphs,
  createGraphExecutor,
  createLoaders,
  createSubgraphRegistry,
  type GraphAnswer,
  type GraphExecutorOptions,
  type RegistryStatus,
  type SubgraphRegistry,
  toGraphError,
} from '@steading/graph';
import { type AppError, type Caller, isAppError, kitErrors } from '@steading/kit';
import type { Health, ServiceContext } from '@steading/service';
import type { DocumentNode } from 'graphql';
import { readAccepted } from '#src/graph/accepted.ts';
import { createDocumentCache } from '#src/graph/documents/document-cache.ts';
import { type KnownDocuments, noDocuments } from '#src/graph/documents/known-documents.ts';
import { eventHeaders } from '#src/graph/event-stream.ts';
import { type GraphSettings, graphSettings } from '#src/graph/graph-config.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { oneEvent } from '#src/graph/graph-events.ts';
import { graphHealth } from '#src/graph/graph-health.ts';
import { readGraphRequest } from '#src/graph/graph-request.ts';
import { answerText, type GraphEndpointAnswer, shownErrors } from '#src/graph/graph-shown.ts';
import { createGraphSubscriptions } from '#src/graph/graph-subscriptions.ts';
import { createAtOnce } from '#src/graph/limits/at-once.ts';
import type { SubscriptionLimits } from '#src/graph/open-subscriptions.ts';
import { createOperationCheck, type NamedDocument } from '#src/graph/operation-check.ts';
import { createGraphSeen, type GraphSeen } from '#src/graph/seen/graph-seen.ts';
import { type SeenContext, type SeenRequest, seeingCalls } from '#src/graph/seen/seen-request.ts';
import { shownPlan } from '#src/graph/seen/shown-plan.ts';
import { readTraceparent } from '#src/graph/seen/tracing.ts';
import { createSubgraphWatch, servicesSource } from '#src/graph/subgraph-watch.ts';
import { withDeadline } from '#src/graph/with-deadline.ts';

export interface GraphEndpointRequest {
  readonly body: string | Uint8Array;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** `POST /graphql`: JSON, or events for subscriptions and for whoever takes nothing else. */
export interface GraphEndpoint {
  /**
   * @param ending Aborted by whoever asks when the person is gone, and by the endpoint when it takes too long: one for
   *   both, because combining signals costs more than a small operation.
   */
  handle(request: GraphEndpointRequest, ending: AbortController): Promise<GraphEndpointAnswer>;
  /** Ends every stream of events: their readers come again, to the next process. */
  closeStreams(): void;
  /** Ready once every service's part is there; what is there answers before. */
  health(): Health;
  /** Where those who are no service put subgraphs of theirs: `subgraphs.set('apps', list)`. */
  readonly subgraphs: SubgraphRegistry;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type GraphEndpointContext = Pick<ServiceContext, 'catalogue' | 'doors' | 'log' | 'clock' | 'signal'>;

export interface GraphEndpointOptions {
  /** Default: those of `graphSettings`. */
  readonly settings?: GraphSettings;
  /** Default: none. */
  readonly documents?: KnownDocuments;
  /** Default: 32 of one caller, 4 096 in all. */
  readonly subscriptions?: SubscriptionLimits;
  /** Default: in this thread. */
  readonly compose?: ComposeSubgraphs;
  /** Default: seen by nobody but the list of slow operations. */
  readonly seen?: GraphSeen;
  /** Where services say that they changed; without it they are asked every half minute. */
  readonly bus?: Pick<Bus, 'broadcast'>;
  /** Rejects where the caller may not see plans; default: nobody may. */
  readonly mayShowPlan?: (caller: Caller) => Promise<void>;
  /** Told after each change of what is served or refused. */
  readonly onChange?: (status: RegistryStatus) => void;
  /** Default: the services' doors. */
  readonly call?: GraphExecutorOptions['call'];
}

export function createGraphEndpoint(context: GraphEndpointContext, options: GraphEndpointOptions = {}): GraphEndpoint {
  const { catalogue, doors, log, clock } = context;
  const { settings = graphSettings, documents = noDocuments, compose = composeSubgraphs } = options;
  const { seen = createGraphSeen({ clock }), mayShowPlan = refusePlan, bus } = options;
  const { call = (service, operation, asked) => doors.graph(service, operation, asked) } = options;
  const executor = createGraphExecutor({
    call: seeingCalls(call),
    subscribe: (service, operation, asked) => doors.subscribe(service, operation, asked),
    maxAnswerLength: settings.maxAnswerBytes,
    eventTimeoutMs: settings.seconds * 1000,
  });
  const streams = createGraphSubscriptions({
    limits: options.subscriptions ?? { perCaller: 32, inAll: 4_096 },
    subscribe: executor.subscribe,
    log,
    seen,
  });
  let stopped = false;
  const cache = createDocumentCache({ limits: settings.limits });
  const subgraphs = createSubgraphRegistry({
    order: [servicesSource],
    compose,
    prepare: (next) => cache.prepare(next),
    use: (next) => executor.use(next),
    onChange: (status) => {
      const { revision, subgraphs: list } = status;
      if (stopped) return;
      options.onChange?.(status);
      const refused = list.filter(({ state }) => state !== 'serving');
      if (refused.length > 0) log.error({ revision, refused }, 'the GraphQL endpoint does not take these subgraphs');
      else log.info({ revision, subgraphs: list.map(({ name }) => name) }, 'the GraphQL endpoint has a new schema');
    },
  });
  const services = catalogue.filter((definition) => definition.graph).map((definition) => definition.name);
  const watch = createSubgraphWatch({ services, doors, registry: subgraphs, bus, clock, log });
  const takeTurn = createAtOnce(settings.atOnce);
  const check = createOperationCheck({ documents, settings, cache, schema: () => executor.schema });

  /** A promise only where something must be asked first. */
  function prepare(request: GraphEndpointRequest, noted: Noted): Prepared | Promise<Prepared> {
    const asked = readGraphRequest(request.body);
    const { variables, operationName } = asked;
    const take = ({ document, isSubscription, ...named }: Awaited<ReturnType<typeof check>>): Prepared => {
      noted.document = named;
      if (isSubscription && !acceptedBy(request).events) throw graphFail('gateway.subscription-unaccepted');
      return { document, variables, operationName, isSubscription };
    };
    if (noted.showsPlan) return mayShowPlan(request.caller).then(async () => take(await check(asked, request.caller)));
    const checked = check(asked, request.caller);
    return checked instanceof Promise ? checked.then(take) : take(checked);
  }

  function run(
    { document, variables, operationName }: Prepared,
    request: GraphEndpointRequest,
    signal: AbortSignal,
    noted: Noted,
  ): Promise<GraphAnswer> {
    const traceparent = readTraceparent(request.headers.traceparent);
    const within: SeenContext = {
      caller: request.caller,
      signal,
      loaders: createLoaders(),
      noteRevision: (revision) => noted.revisions.push(revision),
      seen: noted.seen,
      ...(traceparent && { traceparent }),
    };
    const answer = withDeadline(signal, () => executor.execute({ document, variables, operationName }, within));
    if (!noted.showsPlan) return answer;
    return answer.then((made) => {
      noted.extensions = `{"plan":${shownPlan(executor.explain({ document, variables, operationName }), noted.seen)}}`;
      return made;
    });
  }

  return {
    async handle(request, ending) {
      const { signal } = ending;
      const { caller, headers } = request;
      const showsPlan = headers['x-steading-plan'] === '1';
      const noted: Noted = {
        showsPlan,
        revisions: [],
        seen: seen.begin(readTraceparent(headers.traceparent), showsPlan),
      };
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = !signal.aborted;
        ending.abort();
      }, settings.seconds * 1000);
      let result: GraphAnswer;
      let status = 200;
      try {
        const endTurn = takeTurn(caller);
        try {
          const preparing = prepare(request, noted);
          const prepared = preparing instanceof Promise ? await preparing : preparing;
          if (prepared.isSubscription) return await streams.open(prepared, { caller, signal });
          result = shownErrors(await run(prepared, request, signal, noted), caller, log);
        } finally {
          endTurn();
        }
      } catch (error) {
        const told =
          isLate && error === signal.reason ? tooLate(settings.seconds) : signal.aborted ? gone(error) : error;
        const failure = toGraphError(told, request, log);
        status = Number(failure.extensions.status);
        result = { data: undefined, errors: [failure] };
      } finally {
        clearTimeout(timer);
      }
      seen.end(noted.seen, { document: noted.document, errors: result.errors });
      const told = answerText({ ...result, ...noted, status }, String(headers.accept ?? ''));
      const { events, json } = acceptedBy(request);
      return events && !json && status === 200
        ? { ...told, headers: eventHeaders, body: '', events: oneEvent(told.body) }
        : told;
    },
    closeStreams: () => streams.close(),
    health: () => graphHealth(subgraphs.status, watch.missing),
    subgraphs,
    async start() {
      await documents.load();
      await watch.start(context.signal);
    },
    stop() {
      stopped = true;
      return watch.stop();
    },
  };
}

const acceptedBy = ({ headers }: GraphEndpointRequest) => readAccepted(headers.accept?.toString());

interface Prepared {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
  readonly isSubscription: boolean;
}

interface Noted {
  readonly showsPlan: boolean;
  readonly seen: SeenRequest;
  readonly revisions: number[];
  document?: NamedDocument;
  extensions?: string;
}

const refusePlan = async (): Promise<never> => {
  throw kitErrors('forbidden', { why: 'Plans are for operators.' });
};

const tooLate = (seconds: number): AppError => kitErrors('deadline-exceeded', { seconds });
const gone = (error: unknown): AppError => (isAppError(error) ? error : kitErrors('cancelled', {}, error));
