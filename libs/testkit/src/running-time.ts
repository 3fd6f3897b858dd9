/** How long a tick is, and what one counts at most when it comes late. */
const tickMs = 10;
const mostMs = 20;

/**
 * Time as this process got to live through it, in milliseconds from now: a tick that comes late, because others have the
 * processors, counts as two at most. What is promised "within a second" is so asked for in full on a free machine, and in
 * proportion on one that is busy with other things.
 */
export function startRunningTime(): { ms(): number; stop(): number } {
  let counted = 0;
  let last = performance.now();
  const count = () => {
    const now = performance.now();
    counted += Math.min(now - last, mostMs);
    last = now;
    return counted;
  };
  const timer = setInterval(count, tickMs);
  return {
    ms: () => counted,
    stop() {
      clearInterval(timer);
      return count();
    },
  };
}
