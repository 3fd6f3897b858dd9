let waiting: (() => void)[] | undefined;

/**
 * Calls at the end of this turn of the event loop, with whatever else waits for it. Answers that are written one right
 * after the other cost less in all: whoever reads them is woken by the first and still awake at the next.
 */
export function atEndOfTurn(call: () => void): void {
  if (waiting) return void waiting.push(call);
  waiting = [call];
  setImmediate(endTurn);
}

function endTurn(): void {
  const calls = waiting ?? [];
  waiting = undefined;
  for (const call of calls) call();
}
