const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface Attempt {
  readonly method: string;
  /** The request was given to an open connection. */
  readonly sent: boolean;
  /** Something of the answer came. */
  readonly answered: boolean;
  /** The body can be sent once more: there is none, it is in memory, or nothing of it was read. */
  readonly repeatable: boolean;
  readonly timedOut: boolean;
  /** What came is no answer: asking again would bring the same, or do the same twice. */
  readonly malformed: boolean;
}

/** Whether trying another instance cannot do anything twice. */
export function mayRetry(attempt: Attempt): boolean {
  if (attempt.answered || attempt.timedOut || attempt.malformed || !attempt.repeatable) return false;
  return !attempt.sent || idempotent.has(attempt.method);
}
