/**
 * Answers as events, in the words of "GraphQL over SSE", distinct connections mode: `next` for each answer and `complete`
 * at the end. A stream that ends without `complete` was cut off, and its clients come again by themselves: so it is
 * where coming again helps (the house restarts, a service was away), and never where the asker may no longer read.
 */
import { type GraphAnswer, toGraphError } from '@steading/graph';
import { type Caller, isAppError, type Log } from '@steading/kit';
import { shownErrors, textOf } from '#src/graph/graph-shown.ts';

export type GraphEvent = { readonly next: string } | 'complete';

/** The answer to a query or mutation of somebody who takes events only. */
export async function* oneEvent(body: string): AsyncGenerator<GraphEvent> {
  yield { next: body };
  yield 'complete';
}

export interface Telling {
  readonly answers: AsyncIterable<GraphAnswer>;
  readonly caller: Caller;
  /** Where it aborts with a catalogue error, that is told as the reason; otherwise nobody is there to be told. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told of each answer that goes out. */
  readonly onAnswer?: (answer: GraphAnswer) => void;
}

export async function* tellAnswers({ answers, caller, signal, log, onAnswer }: Telling): AsyncGenerator<GraphEvent> {
  let problem: unknown;
  try {
    for await (const answer of answers) {
      const shown = shownErrors(answer, caller, log);
      onAnswer?.(shown);
      yield { next: textOf(shown) };
    }
  } catch (error) {
    problem = error;
  }
  // Why it was ended counts for more than how the source took it.
  if (signal.aborted) problem = signal.reason;
  if (signal.aborted && !isAppError(problem)) return;
  if (problem !== undefined) {
    const failure = toGraphError(problem, { caller }, log);
    yield { next: textOf({ data: undefined, errors: [failure] }) };
    if (Number(failure.extensions.status) >= 500) return;
  }
  yield 'complete';
}
