/** Server-sent events (WHATWG HTML, "Server-sent events") of numbered items. */

export interface StreamItem {
  readonly position: number;
  readonly data: unknown;
}

/**
 * An answer that streams items until the source ends or the reader goes. A comment goes out every 15 s, so that
 * proxies keep the connection.
 */
export function eventStream(source: AsyncIterable<readonly StreamItem[]>, stop: AbortController): Response {
  const encoder = new TextEncoder();
  const iterator = source[Symbol.asyncIterator]();
  let beat: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 1000\n\n'));
      beat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': still here\n\n'));
      }, 15_000);
      beat.unref();
    },
    async pull(controller) {
      try {
        const next = await iterator.next();
        if (next.done) {
          controller.enqueue(encoder.encode('event: end\ndata: {}\n\n'));
          clearInterval(beat);
          return controller.close();
        }
        for (const { position, data } of next.value)
          controller.enqueue(encoder.encode(`id: ${position}\ndata: ${JSON.stringify(data)}\n\n`));
      } catch (error) {
        clearInterval(beat);
        controller.error(error);
      }
    },
    async cancel() {
      clearInterval(beat);
      stop.abort();
      await iterator.return?.(undefined);
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  });
}

/** Where to go on: what the reader saw last (`Last-Event-ID`), else `?after=`, else the beginning. */
export function startAfter(request: Request, url: URL): number {
  const given = request.headers.get('last-event-id') ?? url.searchParams.get('after') ?? '0';
  const position = Number(given);
  return Number.isSafeInteger(position) && position >= 0 ? position : 0;
}
