import { useEffect, useRef } from 'react';
import type { LogLine } from '#src/live/use-live-log.ts';
import { classNames } from '#src/ui/class-names.ts';

interface LogLinesProps {
  lines: LogLine[];
  label: string;
  /** Keeps the end in view as lines come. */
  follow?: boolean;
  /** Called when the reader scrolls away from the end, or back to it. */
  onFollow?(follow: boolean): void;
  /** Lines with this in them are marked. */
  mark?: string;
  tall?: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed.
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g;

/**
 * Log lines as text that can be selected, searched by the browser and read aloud. Not a terminal: xterm.js injects
 * styles that our policy refuses, and hides its text from screen readers.
 */
export function LogLines({ lines, label, follow, onFollow, mark, tall }: LogLinesProps) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when lines come.
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines]);
  const onScroll = () => {
    const element = box.current;
    if (!element || !onFollow) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    if (atEnd !== follow) onFollow(atEnd);
  };
  return (
    <section
      ref={box}
      onScroll={onScroll}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
      tabIndex={0}
      className={classNames(
        'overflow-auto rounded-xl border border-line bg-log py-3 font-mono text-[0.833rem] leading-[1.55] text-log-ink',
        tall ? 'h-[60dvh]' : 'max-h-[28rem]',
      )}
    >
      {lines.map((line) => (
        <div
          key={line.position}
          className={classNames(
            'flex gap-3 px-4 hover:bg-white/5',
            line.stream === 'stderr' && 'text-[#f0b9a8]',
            line.stream === 'steading' && 'text-[#a7d8b3]',
            mark && line.text.toLowerCase().includes(mark) && 'bg-[#4a4020]',
          )}
        >
          <time dateTime={line.at} title={line.at} className="shrink-0 text-log-soft tabular-nums select-none">
            {clock(line.at)}
          </time>
          <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">{line.text.replace(escapes, '')}</span>
        </div>
      ))}
    </section>
  );
}

function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toTimeString().slice(0, 8);
}
