import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import { waitFor } from '@steading/testkit';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createGraphMetrics } from '#src/graph/seen/graph-metrics.ts';
import { createGraphSeen, type GraphSeen } from '#src/graph/seen/graph-seen.ts';
import { createOperationTimes } from '#src/graph/seen/operation-times.ts';
import { createTracing, noTracing, type Tracing } from '#src/graph/seen/tracing.ts';
import { ada, type GraphHouse, startGraph } from './graph-house.ts';

const operator: Caller = { ...ada, principal: 'user:usr_op' };

describe('what is seen of operations', () => {
  let house: GraphHouse | undefined;
  afterEach(() => house?.endpoint.stop());

  async function start(
    tracing: Tracing = noTracing,
  ): Promise<{ seen: GraphSeen; registry: Registry; graph: GraphHouse }> {
    const registry = new Registry();
    const seen = createGraphSeen({ clock: systemClock, metrics: createGraphMetrics(registry), tracing });
    house = await startGraph({
      seen,
      documents: { find: async () => undefined, has: (hash) => hash.startsWith('known'), load: async () => {} },
      mayShowPlan: async (caller) => {
        if (caller !== operator) throw kitErrors('forbidden', { why: 'Plans are for operators.' });
      },
    });
    return { seen, registry, graph: house };
  }

  it('lists operations by their 95th percentile, with their subgraphs, without variables', async () => {
    const { seen, graph } = await start();
    for (const n of [1, 2, 3])
      await graph.ask({ query: 'query Both($n: Int) { beds(first: $n) { name } rain }', variables: { n } });
    await graph.ask({ query: '{ refused }' });
    const list = seen.slowest(10);
    expect(list.map(({ name, count, errors, known }) => ({ name, count, errors, known }))).toEqual(
      expect.arrayContaining([
        { name: 'Both', count: 3, errors: 0, known: false },
        { name: 'unnamed', count: 1, errors: 1, known: false },
      ]),
    );
    const both = list.find(({ name }) => name === 'Both')!;
    expect(both.subgraphs.map(({ subgraph, calls }) => [subgraph, calls]).sort()).toEqual([
      ['garden', 3],
      ['weather', 3],
    ]);
    expect(both.p50Ms).toBeLessThanOrEqual(both.p95Ms);
    expect(both.p95Ms).toBeLessThanOrEqual(both.maxMs + 0.01);
    expect(both.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(list)).not.toMatch(/beds|"n"/);
  });

  it('counts operations of others under one name, subgraphs by theirs, errors by code', async () => {
    const { registry, graph } = await start();
    for (let n = 0; n < 5; n++) await graph.ask({ query: `query Made${n} { rain }` });
    await graph.ask({ query: '{ refused }' });
    await graph.ask({ query: '{ nothing }' });
    const text = await registry.metrics();
    expect(text).toMatch(/steading_graph_operation_seconds_count\{operation="other"\} 6/);
    expect(text).toMatch(/steading_graph_operation_seconds_bucket\{le="\+Inf",operation="other"\} 6/);
    expect(text).toMatch(/steading_graph_subgraph_seconds_count\{subgraph="weather"\} 5/);
    expect(text).toMatch(/steading_graph_errors_total\{code="forbidden"\} 1/);
    expect(text).toMatch(/steading_graph_errors_total\{code="gateway.query-invalid"\} 1/);
    expect(text).not.toMatch(/Made/);
  });

  it('shows operators the plan with the times of its steps, and refuses others', async () => {
    const { graph } = await start();
    const body = { query: 'query ($n: Int) { beds(first: $n) { name } rain }', variables: { n: 7_777 } };
    const headers = { 'x-steading-plan': '1' };
    const { json } = await graph.ask(body, { caller: operator, headers });
    expect(json.data.rain).toBe(true);
    const text = JSON.stringify(json.extensions.plan);
    expect(json.extensions.plan.totalMs).toBeGreaterThan(0);
    expect(text).toMatch(/"serviceName":"garden".*"ms":\d/);
    expect(text).toMatch(/"serviceName":"weather"/);
    expect(text).not.toMatch(/7777/);
    const refused = await graph.ask(body, { headers });
    expect(refused).toMatchObject({ status: 403, json: { errors: [{ extensions: { code: 'forbidden' } }] } });
    expect(refused.json.data).toBeUndefined();
    expect((await graph.ask(body)).json.extensions).toBeUndefined();
  });

  it('sends traces to the collector, as the child of the trace that came in', async () => {
    const { server, url, received } = await collector();
    const tracing = await createTracing({ endpoint: url, version: '0', log: createLog({ level: 'silent' }) });
    const { graph } = await start(tracing);
    const traceId = 'a'.repeat(32);
    const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
    await graph.ask({ query: 'query Rain { rain }' }, { headers: { traceparent } });
    await tracing.stop();
    await waitFor('the traces', () => received.length > 0);
    const spans = received.flatMap((body) => spansOf(body));
    const operation = spans.find(({ name }) => name === 'graphql Rain');
    expect(operation).toMatchObject({ traceId, parentSpanId: 'b'.repeat(16) });
    expect(spans.find(({ name }) => name === 'subgraph weather')).toMatchObject({
      traceId,
      parentSpanId: operation?.spanId,
    });
    server.close();
  });
});

it('keeps a bounded list, and drops what costs least', () => {
  const times = createOperationTimes({ maxOperations: 3 });
  const run = (hash: string, ms: number) =>
    times.note({ hash, name: hash, known: false, ms, errors: 0, at: 1, calls: [] });
  run('slow', 900);
  for (let n = 0; n < 400; n++) run('often', n % 100);
  for (let n = 0; n < 50; n++) run(`once ${n}`, 1);
  const list = times.slowest(10);
  expect(list.map(({ name }) => name)).toEqual(['slow', 'often', 'once 49']);
  expect(list[1]).toMatchObject({ count: 400, maxMs: 99 });
  expect(list[1]!.p95Ms).toBeGreaterThan(list[1]!.p50Ms);
});

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

function spansOf(body: unknown): SentSpan[] {
  const { resourceSpans } = body as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** Takes OTLP over HTTP as JSON. */
async function collector(): Promise<{ server: Server; url: string; received: unknown[] }> {
  const received: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (request.url === '/v1/traces') received.push(JSON.parse(text));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
