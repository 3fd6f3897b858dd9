/** The house takes 20 messages a second of one line; this keeps below it. */
const gapMs = 60;

/** Runs deeds in order, a short while apart; the first at once. */
export function createPacer(): (deed: () => void) => void {
  const waiting: (() => void)[] = [];
  let busy = false;
  const next = () => {
    const deed = waiting.shift();
    busy = deed !== undefined;
    if (!deed) return;
    deed();
    setTimeout(next, gapMs);
  };
  return (deed) => {
    waiting.push(deed);
    if (!busy) next();
  };
}
