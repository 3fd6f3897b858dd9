let waiting: (() => void)[] | undefined;

/**
 * Resolves at the end of this turn of the event loop, for all who wait for it. Answers that are written one right after
 * the other cost less in all: whoever reads them is woken by the first and still awake at the next.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting) return void waiting.push(resolve);
    waiting = [resolve];
    setImmediate(wake);
  });
}

function wake(): void {
  const all = waiting ?? [];
  waiting = undefined;
  for (const resolve of all) resolve();
}
