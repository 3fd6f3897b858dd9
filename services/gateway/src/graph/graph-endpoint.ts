import {
  createGraphExecutor,
  createLoaders,
  type GraphAnswer,
  type GraphContext,
  type GraphExecutor,
  toGraphError,
} from '@steading/graph';
import { type AppError, type Caller, isAppError, kitErrors, type Log } from '@steading/kit';
import type { Health, ServiceContext } from '@steading/service';
import { GraphQLError } from 'graphql';
import { createDocumentCache } from '#src/graph/document-cache.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { readGraphRequest } from '#src/graph/graph-request.ts';
import { createSubgraphWatch } from '#src/graph/subgraph-watch.ts';

export interface GraphEndpointRequest {
  readonly body: string | Uint8Array;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface GraphEndpointAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The forest revision that the request led to, if it changed anything: the session's next check must be no older. */
  readonly revision?: number;
}

/** `POST /graphql`. */
export interface GraphEndpoint {
  handle(request: GraphEndpointRequest, signal: AbortSignal): Promise<GraphEndpointAnswer>;
  /** Ready once every service's part is there; what is there answers before. */
  health(): Health;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type GraphEndpointContext = Pick<ServiceContext, 'catalogue' | 'doors' | 'log' | 'clock' | 'signal'>;

const timeLimitMs = 20_000;

export function createGraphEndpoint(context: GraphEndpointContext): GraphEndpoint {
  const { catalogue, doors, log, clock } = context;
  const executor = createGraphExecutor({
    call: (service, operation, asked) => doors.graph(service, operation, asked),
  });
  const services = catalogue.filter((definition) => definition.graph).map((definition) => definition.name);
  const watch = createSubgraphWatch({ services, doors, executor, clock, log });
  const documents = createDocumentCache();

  async function run(request: GraphEndpointRequest, signal: AbortSignal, revisions: number[]) {
    const { caller } = request;
    const { query, variables, operationName } = readGraphRequest(request.body);
    if (!executor.schema) throw kitErrors('unavailable', { what: 'The GraphQL endpoint' });
    const { document, asksAboutSchema } = documents.check(query, executor.schema);
    if (asksAboutSchema && caller.kind === 'anonymous') throw graphFail('gateway.introspection-refused');
    checkOperationName(document, operationName);
    const asked: GraphContext = {
      caller,
      signal,
      loaders: createLoaders(),
      noteRevision: (revision) => revisions.push(revision),
    };
    return withDeadline(signal, () => executor.execute({ document, variables, operationName }, asked));
  }

  return {
    async handle(request, signal) {
      const revisions: number[] = [];
      const late = AbortSignal.timeout(timeLimitMs);
      try {
        const result = await run(request, AbortSignal.any([signal, late]), revisions);
        return answer(shown(result, request.caller, log), request, 200, revisions);
      } catch (error) {
        const told = late.aborted && error === late.reason ? tooLate() : signal.aborted ? gone(error) : error;
        const failure = toGraphError(told, request, log);
        const status = Number(failure.extensions.status);
        return answer({ data: undefined, errors: [failure] }, request, status, revisions);
      }
    },
    health() {
      return watch.problem ? { ready: false, reason: watch.problem } : { ready: true };
    },
    start: () => watch.start(context.signal),
    stop: () => watch.stop(),
  };
}

function checkOperationName(document: Parameters<GraphExecutor['execute']>[0]['document'], name: string | undefined) {
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

/** An answer as it leaves: catalogue errors only, each with the request's id, none with a stack or a cause. */
function shown(answer: GraphAnswer, caller: Caller, log: Log): GraphAnswer {
  if (answer.errors.length === 0) return answer;
  const errors = answer.errors.map((error) => {
    const { message, extensions } = toGraphError(error, { caller }, log);
    return new GraphQLError(message, {
      path: error.path ?? null,
      extensions: { requestId: caller.requestId, ...extensions },
    });
  });
  return { ...answer, errors };
}

function answer(
  { data, errors }: GraphAnswer,
  request: GraphEndpointRequest,
  status: number,
  revisions: readonly number[],
): GraphEndpointAnswer {
  const parts = [
    ...(data === undefined ? [] : [`"data":${data}`]),
    ...(errors.length > 0 ? [`"errors":${JSON.stringify(errors)}`] : []),
  ];
  const accept = String(request.headers.accept ?? '');
  const type = accept.includes('application/graphql-response+json') ? 'graphql-response+json' : 'json';
  return {
    status,
    headers: { 'content-type': `application/${type}; charset=utf-8`, 'cache-control': 'no-store' },
    body: `{${parts.join(',')}}`,
    ...(revisions.length > 0 ? { revision: Math.max(...revisions) } : {}),
  };
}
