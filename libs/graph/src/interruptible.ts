/** A source of events whose reader can be called away while it waits for the next one. */
export interface Interruptible<T> extends AsyncIterable<T> {
  /** Ends the reading at once: with this error, or in peace where there is none. */
  interrupt(error?: unknown): void;
}

/**
 * The generator of a source that waits hears of nothing until its next event comes; this one ends when it is told to.
 * The source itself is told to end as well, and is not waited for.
 */
export function interruptible<T>(source: AsyncIterable<T>): Interruptible<T> {
  const items = source[Symbol.asyncIterator]();
  let over: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  /** One waiter at a time: a promise that all waits shared would keep each of them until the end. */
  function next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      wake = () => (over?.error === undefined ? resolve({ done: true, value: undefined }) : reject(over.error));
      if (over) wake();
      else items.next().then(resolve, reject);
    });
  }

  async function* read(): AsyncGenerator<T> {
    try {
      for (let item = await next(); !item.done; item = await next()) {
        wake = undefined;
        yield item.value;
      }
    } finally {
      wake = undefined;
      // A generator that waits for something ends only when that comes, so nobody waits for it here.
      items.return?.().catch(() => {});
    }
  }

  return {
    [Symbol.asyncIterator]: read,
    interrupt(error) {
      over ??= { error };
      wake?.();
    },
  };
}
