import type { Bus } from '@steading/bus';
import {
  type ComposeSubgraphs,
  composeSubgraphs,
  createGraphExecutor,
  createSubgraphRegistry,
  type GraphAnswer,
  type GraphExecutorOptions,
  type RegistryStatus,
  type SubgraphRegistry,
  toGraphError,
} from '@steading/graph';
import { type AppError, type Caller, isAppError, kitErrors } from '@steading/kit';
import type { Health, ServiceContext } from '@steading/service';
import { createDocumentCache } from '#src/graph/documents/document-cache.ts';
import { type KnownDocuments, noDocuments } from '#src/graph/documents/known-documents.ts';
import { type GraphSettings, graphSettings } from '#src/graph/graph-config.ts';
import { graphHealth } from '#src/graph/graph-health.ts';
import { readGraphRequest } from '#src/graph/graph-request.ts';
import { answerText, type GraphEndpointAnswer, shownErrors } from '#src/graph/graph-shown.ts';
import { createAtOnce } from '#src/graph/limits/at-once.ts';
import { createOperationCheck, type NamedDocument } from '#src/graph/operation-check.ts';
import { createGraphSeen, type GraphSeen } from '#src/graph/seen/graph-seen.ts';
import { type SeenContext, type SeenRequest, seeingCalls } from '#src/graph/seen/seen-request.ts';
import { shownPlan } from '#src/graph/seen/shown-plan.ts';
import { readTraceparent } from '#src/graph/seen/tracing.ts';
import { createSubgraphWatch, servicesSource } from '#src/graph/subgraph-watch.ts';

export interface GraphEndpointRequest {
  readonly body: string | Uint8Array;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** `POST /graphql`. */
export interface GraphEndpoint {
  handle(request: GraphEndpointRequest, signal: AbortSignal): Promise<GraphEndpointAnswer>;
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
  const executor = createGraphExecutor({ call: seeingCalls(call), maxAnswerLength: settings.maxAnswerBytes });
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

  async function run(request: GraphEndpointRequest, signal: AbortSignal, noted: Noted): Promise<GraphAnswer> {
    const asked = readGraphRequest(request.body);
    const { variables, operationName } = asked;
    if (noted.showsPlan) await mayShowPlan(request.caller);
    const { document, ...named } = await check(asked, request.caller);
    noted.document = named;
    const traceparent = readTraceparent(request.headers.traceparent);
    const within: SeenContext = {
      caller: request.caller,
      signal,
      loaders: createMemory(),
      noteRevision: (revision) => noted.revisions.push(revision),
      seen: noted.seen,
      ...(traceparent && { traceparent }),
    };
    const answer = await withDeadline(signal, () => executor.execute({ document, variables, operationName }, within));
    if (noted.showsPlan)
      noted.extensions = `{"plan":${shownPlan(executor.explain({ document, variables, operationName }), noted.seen)}}`;
    return answer;
  }

  return {
    async handle(request, signal) {
      const { caller, headers } = request;
      const showsPlan = headers['x-steading-plan'] === '1';
      const noted: Noted = {
        showsPlan,
        revisions: [],
        seen: seen.begin(readTraceparent(headers.traceparent), showsPlan),
      };
      const late = AbortSignal.timeout(settings.seconds * 1000);
      let result: GraphAnswer;
      let status = 200;
      try {
        const endTurn = takeTurn(caller);
        try {
          result = shownErrors(await run(request, AbortSignal.any([signal, late]), noted), caller, log);
        } finally {
          endTurn();
        }
      } catch (error) {
        const told =
          late.aborted && error === late.reason ? tooLate(settings.seconds) : signal.aborted ? gone(error) : error;
        const failure = toGraphError(told, request, log);
        status = Number(failure.extensions.status);
        result = { data: undefined, errors: [failure] };
      }
      seen.end(noted.seen, { document: noted.document, errors: result.errors });
      return answerText({ ...result, ...noted, status }, String(headers.accept ?? ''));
    },
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

const tooLate = (seconds: number): AppError => kitErrors('deadline-exceeded', { seconds });
const gone = (error: unknown): AppError => (isAppError(error) ? error : kitErrors('cancelled', {}, error));

/** One request's memory, for loaders. */
function createMemory(): SeenContext['loaders'] {
  const made = new Map<string, unknown>();
  return {
    get<T>(key: string, make: () => T): T {
      if (!made.has(key)) made.set(key, make());
      return made.get(key) as T;
    },
  };
}
