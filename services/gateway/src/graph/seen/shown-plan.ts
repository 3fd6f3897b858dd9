import { parse, print } from 'graphql';
import type { SeenCall, SeenRequest } from '#src/graph/seen/seen-request.ts';

/**
 * The plan of an operation as JSON for `extensions.plan`: the planner's nodes as they are, each fetch with the times of
 * its calls. Values of variables are not in it.
 */
export function shownPlan(node: unknown, seen: SeenRequest): string {
  const calls = new Map<string, SeenCall[]>();
  for (const call of seen.calls) {
    const key = call.operation ? `${call.subgraph} ${print(call.operation.document)}` : call.subgraph;
    calls.set(key, [...(calls.get(key) ?? []), call]);
  }
  const totalMs = performance.now() - seen.startedAt;
  return JSON.stringify({ totalMs: round(totalMs), node: withTimes(node, calls) ?? null });
}

function withTimes(value: unknown, calls: Map<string, SeenCall[]>): unknown {
  if (Array.isArray(value)) return value.map((one) => withTimes(one, calls));
  if (typeof value !== 'object' || value === null) return value;
  const shown = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withTimes(inner, calls)]));
  const { serviceName, operation } = value as { serviceName?: unknown; operation?: unknown };
  if (typeof serviceName !== 'string' || typeof operation !== 'string') return shown;
  const key = `${serviceName} ${print(parse(operation, { noLocation: true }))}`;
  const call = calls.get(key)?.shift();
  if (!call) return { ...shown, notCalled: true };
  return { ...shown, startMs: round(call.startMs), ms: round(call.ms), errors: call.errors };
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;
