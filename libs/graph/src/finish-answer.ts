import type { GraphQLError } from 'graphql';
import { refuseLength } from '#src/compile/answer.ts';
import type { GraphAnswer } from '#src/graph-executor.ts';
import { createMissing, errorsOf } from '#src/missing.ts';
import type { AboutSchema } from '#src/operation.ts';
import type { Data } from '#src/plan-data.ts';
import { relocated } from '#src/plan-fetches.ts';
import type { Planned } from '#src/supergraph.ts';

export interface Fetched {
  readonly planned: Planned;
  readonly data: Data;
  readonly errors: readonly GraphQLError[];
  readonly aboutSchema?: AboutSchema;
  /** Characters of JSON. */
  readonly maxLength: number;
}

/** What was fetched as the answer: written, and its errors at their places there. Throws `too-large` over the length. */
export function finishAnswer({ planned, data, errors, aboutSchema, maxLength }: Fetched): GraphAnswer {
  const { write, names } = planned;
  const all = [...errors, ...(aboutSchema?.errors ?? [])];
  const missing = createMissing(all.map((error) => relocated(error, names.inAnswer(error.path ?? []))));
  const text = write(data, { at: [], missing, aboutSchema: aboutSchema?.data ?? {}, maxLength }) ?? 'null';
  if (text.length > maxLength) refuseLength(maxLength);
  return { data: text, errors: errorsOf(text, missing.errors) };
}
