/**
 * Whether an answer of the executor is the one that graphql-js gives for the same things in one schema. Equal means:
 *
 * 1. Where nothing was run (variables that do not fit), the same messages in the same order, and no data.
 * 2. The same JSON text of `data`, order of names included.
 * 3. The same places made null: for every error the place in the answer where a null stands because of it, as a set.
 * 4. The same errors where no null rose: an error whose own place is the null has the same message, and there is one.
 *    (Of a literal that does not fit, its text is not compared: names in it are in another order.)
 *
 * Where a null rose through places that may not be null, only the set of places counts: which of several failures under
 * it is told first depends on who was asked when, in graphql-js too.
 */
import type { ExecutionResult } from 'graphql';

export interface ErrorLike {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
}
export interface Answer {
  /** JSON text; undefined where nothing was run. */
  readonly data: string | undefined;
  readonly errors: readonly ErrorLike[];
}

export function answerOf({ data, errors }: ExecutionResult): Answer {
  return { data: data === undefined ? undefined : JSON.stringify(data), errors: errors ?? [] };
}

/** What is different, in words; undefined where nothing is. */
export function differenceOf(ours: Answer, plain: Answer): string | undefined {
  if (plain.data === undefined || ours.data === undefined) {
    const told = (answer: Answer) => JSON.stringify([answer.data, answer.errors.map(({ message }) => message)]);
    return differ('without data', told(ours), told(plain));
  }
  const data = JSON.parse(plain.data) as unknown;
  return (
    differ('data', ours.data, plain.data) ??
    differ('places made null', nullPlaces(data, ours.errors), nullPlaces(data, plain.errors)) ??
    differ('errors at their places', exactErrors(data, ours.errors), exactErrors(data, plain.errors))
  );
}

function differ(what: string, ours: string, plain: string): string | undefined {
  return ours === plain ? undefined : `${what}\n  ours:  ${ours}\n  plain: ${plain}`;
}

/** The place that became null through an error: its own, or the next above it that may be null. */
function nullPlace(data: unknown, { path = [] }: ErrorLike): string {
  let at = data;
  const walked: (string | number)[] = [];
  for (const segment of path) {
    if (at === null || at === undefined) break;
    at = (at as Record<string | number, unknown>)[segment];
    walked.push(segment);
  }
  // Something stands here, or nothing is known of it: nothing that an error without data may say.
  return at === null ? walked.join('.') : `not null: ${walked.join('.')}`;
}

const nullPlaces = (data: unknown, errors: readonly ErrorLike[]): string =>
  JSON.stringify([...new Set(errors.map((error) => nullPlace(data, error)))].sort());

function exactErrors(data: unknown, errors: readonly ErrorLike[]): string {
  const exact = errors.filter((error) => nullPlace(data, error) === error.path?.join('.'));
  return JSON.stringify(exact.map(({ path, message }) => `${path?.join('.')}: ${withoutLiteral(message)}`).sort());
}

/** A literal with a variable in it that does not fit is told as the subgraph got it: the planner sorts names in it. */
const withoutLiteral = (message: string): string =>
  message.replace(/ has invalid value [[{].*\.$/s, ' has an invalid value.');
