import { EventEmitter, once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { maskText } from '#src/masks.ts';
import type { LogBatch, LogLine, LogOptions } from '#src/runtime/runtime.ts';

/**
 * What an app said, numbered: segments of JSON lines, each named after its first position. At most
 * `segmentBytes × segments` are kept per app. A number that is missing was dropped; readers are told how many.
 */
export interface AppLogs {
  /** @param dropped lines that came faster than they could be kept, before these. */
  append(lines: readonly Omit<LogLine, 'position'>[], dropped?: number): void;
  read(options: LogOptions, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** The last lines of one instance. */
  lastOf(instanceId: string, count: number, masked: readonly string[]): LogLine[];
}

export interface AppLogsOptions {
  readonly folder: string;
  readonly segmentBytes?: number;
  readonly segments?: number;
}

const batchBytes = 128 * 1024;

export function openAppLogs({ folder, segmentBytes = 2 ** 20, segments = 8 }: AppLogsOptions): AppLogs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const grown = new EventEmitter().setMaxListeners(0);
  const firsts = segmentsIn(folder);
  let { last, bytes } = resume(folder, firsts.at(-1));

  function append(lines: readonly Omit<LogLine, 'position'>[], dropped = 0): void {
    last += dropped;
    let text = '';
    for (const line of lines) text += `${JSON.stringify({ position: ++last, ...line })}\n`;
    if (!text) return;
    if (firsts.length === 0 || bytes > segmentBytes) {
      firsts.push(last - lines.length + 1);
      bytes = 0;
    }
    for (; firsts.length > segments; ) rmSync(pathOf(folder, firsts.shift()!), { force: true });
    try {
      appendFileSync(pathOf(folder, firsts.at(-1)!), text, { mode: 0o600 });
    } catch {
      // A full disk costs lines, which readers see as missed, and not the app. Half of one may have been written.
      cutOff(pathOf(folder, firsts.at(-1)!), bytes);
      return;
    }
    bytes += Buffer.byteLength(text);
    grown.emit('grown');
  }

  async function* read(options: LogOptions, signal: AbortSignal): AsyncGenerator<LogBatch> {
    let position = options.tail > 0 ? Math.max(options.after, tailStart(options.tail)) : options.after;
    for (;;) {
      const waiting = options.follow ? once(grown, 'grown', { signal }).catch(() => {}) : undefined;
      for (const lines of batches(position)) {
        const missed = lines.at(-1)!.position - position - lines.length;
        position = lines.at(-1)!.position;
        yield { lines: lines.map((line) => ({ ...line, text: maskText(line.text, options.masked) })), missed };
        if (signal.aborted) return;
      }
      if (!waiting || signal.aborted) return;
      await waiting;
    }
  }

  /** The position before the n-th line from the end. */
  function tailStart(count: number): number {
    const positions: number[] = [];
    for (const first of [...firsts].reverse()) {
      positions.unshift(...linesOf(folder, first).map((line) => line.position));
      if (positions.length >= count) break;
    }
    return positions.length > count ? positions[positions.length - count - 1]! : (positions[0] ?? 1) - 1;
  }

  function* batches(after: number): Generator<LogLine[]> {
    const start = Math.max(
      0,
      firsts.findLastIndex((first) => first <= after + 1),
    );
    for (const first of firsts.slice(start)) yield* newerLines(pathOf(folder, first), after);
  }

  return {
    append,
    read,
    lastOf(instanceId, count, masked) {
      const lines = firsts.slice(-2).flatMap((first) => linesOf(folder, first));
      const own = lines.filter((line) => line.instanceId === instanceId).slice(-count);
      return own.map((line) => ({ ...line, text: maskText(line.text, masked) }));
    },
  };
}

/** Reads a segment piece by piece, so that a slow reader holds one piece and not the file. */
function* newerLines(path: string, after: number): Generator<LogLine[]> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    const piece = Buffer.allocUnsafe(batchBytes);
    for (let offset = 0; ; ) {
      const length = readSync(descriptor, piece, 0, batchBytes, offset);
      const end = piece.subarray(0, length).lastIndexOf(10) + 1;
      if (end === 0) return;
      offset += end;
      const lines = parse(piece.toString('utf8', 0, end)).filter((line) => line.position > after);
      if (lines.length > 0) yield lines;
    }
  } finally {
    closeSync(descriptor);
  }
}

function segmentsIn(folder: string): number[] {
  const names = readdirSync(folder).filter((name) => /^\d+\.jsonl$/.test(name));
  return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
}

/** A house that died while it wrote leaves half a line: it is cut off. */
function resume(folder: string, first: number | undefined): { last: number; bytes: number } {
  if (first === undefined) return { last: 0, bytes: 0 };
  const path = pathOf(folder, first);
  const content = readFileSync(path);
  const bytes = content.lastIndexOf(10) + 1;
  if (bytes < content.length) truncateSync(path, bytes);
  return { last: parse(content.toString('utf8', 0, bytes)).at(-1)?.position ?? first - 1, bytes };
}

function cutOff(path: string, bytes: number): void {
  try {
    truncateSync(path, bytes);
  } catch {
    /* it was not even made */
  }
}

function linesOf(folder: string, first: number): LogLine[] {
  try {
    return parse(readFileSync(pathOf(folder, first), 'utf8'));
  } catch {
    return [];
  }
}

/** A line that is none is left out, as one that was dropped: a log never keeps a house from starting. */
function parse(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line) as LogLine] : [];
    } catch {
      return [];
    }
  });
}

function pathOf(folder: string, first: number): string {
  return join(folder, `${first}.jsonl`);
}
