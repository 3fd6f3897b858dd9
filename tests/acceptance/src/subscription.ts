/** Subscriptions as somebody with a browser or a token opens them, over server-sent events. */

export interface OpenSubscription {
  readonly status: number;
  /** All that came, as it came. */
  text(): string;
  /** The answers so far, each as it came. */
  answers(): unknown[];
  /** Resolves with the time when it ended. */
  readonly ended: Promise<number>;
  leave(): void;
}

export async function openSubscription(
  url: string,
  asked: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> },
  headers: Readonly<Record<string, string>>,
): Promise<OpenSubscription> {
  const leaving = new AbortController();
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify(asked),
    signal: leaving.signal,
  });
  let text = '';
  const ended = (async () => {
    try {
      for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) text += part;
    } catch {
      // Cut off: an end as well.
    }
    return performance.now();
  })();
  return {
    status: answer.status,
    text: () => text,
    answers: () => [...text.matchAll(/^event: next\ndata: (.*)\n\n/gm)].map(([, data]) => JSON.parse(data!) as unknown),
    ended,
    leave: () => leaving.abort(),
  };
}
