import { useEffect, useState } from 'react';
import { useLive } from '#src/live/live-context.ts';

export interface LogLine {
  position: number;
  at: string;
  stage?: string | null;
  stream: string;
  text: string;
  instance?: string | null;
}

export interface LiveLog {
  lines: LogLine[];
  connected: boolean;
  /** Why the house stopped sending, where it did. */
  left: string | undefined;
  /** Lines that were dropped at the top to keep the page light. */
  dropped: number;
}

const maxLines = 5_000;
const empty: LiveLog = { lines: [], connected: false, left: undefined, dropped: 0 };

/**
 * A log as it grows. Lines carry their position; after a dropped connection the house is asked for what follows the
 * last one, so there is neither a gap nor a line twice.
 */
export function useLiveLog(topic: 'deployment-log' | 'app-log', id: string): LiveLog {
  const live = useLive();
  const [log, setLog] = useState<LiveLog>(empty);
  useEffect(() => {
    let last = 0;
    let waiting: LogLine[] = [];
    let frame = 0;
    setLog(empty);
    const flush = () => {
      frame = 0;
      const fresh = waiting;
      waiting = [];
      setLog((before) => append(before, fresh));
    };
    const stop = live.follow<LogLine>({
      topic,
      id,
      after: () => last,
      onItems: (items) => {
        for (const line of items)
          if (line.position > last) {
            last = line.position;
            waiting.push(line);
          }
        if (!frame) frame = requestAnimationFrame(flush);
      },
      onConnected: (connected) =>
        setLog((before) => ({ ...before, connected, left: connected ? undefined : before.left })),
      // `over`: everything was sent; the rest is joined again by itself.
      onLeft: (left) => {
        if (left !== 'over' && left !== 'broken-off') setLog((before) => ({ ...before, left }));
      },
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [live, topic, id]);
  return log;
}

function append(before: LiveLog, fresh: LogLine[]): LiveLog {
  const all = [...before.lines, ...fresh];
  const extra = Math.max(0, all.length - maxLines);
  return { ...before, lines: extra ? all.slice(extra) : all, dropped: before.dropped + extra };
}
