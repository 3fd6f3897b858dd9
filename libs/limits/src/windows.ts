/**
 * Counts in windows of time, in memory: a window begins with the first of its counts. Asked several times in each
 * request, so it neither waits nor keeps a timer for each; what is over is swept away once in a while.
 */
import type { Clock } from '@steading/kit';

export interface Windows {
  /** One more; gives how many there are in this window, and its rest. */
  count(who: string): { readonly points: number; readonly leftMs: number };
  /** Another count is the right one. */
  set(who: string, points: number, leftMs: number): void;
}

interface Window {
  points: number;
  readonly endsMs: number;
}

export function createWindows(seconds: number, clock: Pick<Clock, 'now'>): Windows {
  const open = new Map<string, Window>();
  const lengthMs = seconds * 1000;
  let sweptMs = clock.now();

  /** Also where the clock was set back: nobody is locked out for longer than a window. */
  const isOver = ({ endsMs }: Window, now: number) => endsMs <= now || endsMs - now > lengthMs;

  function sweep(now: number): void {
    if (Math.abs(now - sweptMs) < lengthMs) return;
    sweptMs = now;
    for (const [who, window] of open) if (isOver(window, now)) open.delete(who);
  }

  return {
    count(who) {
      const now = clock.now();
      sweep(now);
      let window = open.get(who);
      if (!window || isOver(window, now)) open.set(who, (window = { points: 0, endsMs: now + lengthMs }));
      window.points++;
      return { points: window.points, leftMs: window.endsMs - now };
    },
    set(who, points, leftMs) {
      open.set(who, { points, endsMs: clock.now() + Math.min(leftMs, lengthMs) });
    },
  };
}
