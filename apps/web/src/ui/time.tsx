import { useEffect, useState } from 'react';
import { useWords } from '#src/words/words.tsx';

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago, or how far ahead; the exact time on hover. */
export function RelativeTime({ at, className }: { at: string | null | undefined; className?: string }) {
  const words = useWords();
  const now = useNow(20_000);
  if (!at) return <span className={className}>{words.time.never}</span>;
  const exact = new Date(at);
  const language = document.documentElement.lang;
  return (
    <time
      dateTime={at}
      title={exact.toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' })}
      className={className}
    >
      {relative((exact.getTime() - now) / 1000, language, words.time.now)}
    </time>
  );
}

function relative(seconds: number, language: string, justNow: string): string {
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  if (unit === 'second') return justNow;
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }).format(
    Math.round(seconds / size),
    unit,
  );
}

/** How long something took, or takes so far. */
export function Duration({ from, to }: { from: string; to?: string | null }) {
  const now = useNow(to ? 60_000 : 1_000);
  const ms = Math.max(0, (to ? Date.parse(to) : now) - Date.parse(from));
  return <span className="tabular-nums">{formatMs(ms)}</span>;
}

/** Milliseconds as a person reads them: `850 ms`, `4.2 s`, `1 m 12 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} m ${Math.round(seconds % 60)} s`;
}
