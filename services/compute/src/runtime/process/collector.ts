import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@steading/kit';
import { maskedParts, maskText } from '#src/masks.ts';
import type { AppLogs } from '#src/runtime/process/app-logs.ts';
import type { LogLine } from '#src/runtime/runtime.ts';

/**
 * Takes what an instance wrote into its own two files (which it goes on writing while no house runs) over into the
 * numbered log, then empties them. At least once: a house that dies in between takes the last lines over again.
 * Secrets that a program prints are cut out of both, so that they lie on no disk in clear.
 * A program that writes faster than `bytesPerSecond` loses lines, counted, and not the machine its disk.
 */
export interface Collector {
  /** Takes over what is there, and the last line although it has no end. */
  finish(): Promise<void>;
}

const chunkBytes = 256 * 1024;
const emptyAtBytes = 2 ** 20;
const mostBehindBytes = 256 * 2 ** 20;
const longestLine = 16 * 1024;
const bytesPerSecond = 512 * 1024;
const burstBytes = 4 * 2 ** 20;

type Stream = 'stdout' | 'stderr';

export interface CollectOptions {
  readonly folder: string;
  readonly instanceId: string;
  /** Secret values that the instance was given. */
  readonly masked: readonly string[];
  readonly logs: AppLogs;
  readonly clock: Clock;
}

export function collect(options: CollectOptions): Collector {
  const { folder, instanceId, masked, logs, clock } = options;
  const offsets = readOffsets(folder);
  const partial: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const blank = { stdout: createBlanker(masked), stderr: createBlanker(masked) };
  let budget = burstBytes;
  let budgetAt = clock.now();
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  const watcher = watch(folder, { persistent: false }, wake);
  watcher.on('error', () => {});
  const timer = setInterval(wake, 2_000);
  timer.unref();
  wake();

  function wake(): void {
    if (closed) return;
    if (running) {
      again = true;
      return;
    }
    running = clock
      .sleep(30)
      .then(takeAll)
      .catch(() => {})
      .finally(() => {
        running = undefined;
        if (again) {
          again = false;
          wake();
        }
      });
  }

  async function takeAll(): Promise<void> {
    const before = JSON.stringify(offsets);
    for (const stream of ['stdout', 'stderr'] as const) await take(stream);
    if (JSON.stringify(offsets) !== before) writeFileSync(join(folder, 'collected.json'), JSON.stringify(offsets));
  }

  async function take(stream: Stream): Promise<void> {
    const path = join(folder, stream);
    const file = openSync(path, 'r+');
    try {
      if (fstatSync(file).size < offsets[stream]) offsets[stream] = 0;
      const chunk = Buffer.allocUnsafe(chunkBytes);
      for (let round = 0; round < 512; round++) {
        const length = readSync(file, chunk, 0, chunkBytes, offsets[stream]);
        if (length === 0) break;
        blank[stream](file, chunk.subarray(0, length), offsets[stream]);
        offsets[stream] += length;
        keep(stream, chunk.subarray(0, length));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const behind = fstatSync(file).size - offsets[stream];
      if (behind > 0) again = true;
      // A program that writes faster than a disk can be read is cut off uncounted.
      if (offsets[stream] >= emptyAtBytes && (behind === 0 || behind > mostBehindBytes)) {
        truncateSync(path, 0);
        offsets[stream] = 0;
      }
    } finally {
      closeSync(file);
    }
  }

  function keep(stream: Stream, chunk: Buffer): void {
    const now = clock.now();
    budget = Math.min(burstBytes, budget + ((now - budgetAt) / 1000) * bytesPerSecond);
    budgetAt = now;
    if (chunk.length > budget) {
      logs.append([], newlines(chunk));
      return;
    }
    budget -= chunk.length;
    const all = Buffer.concat([partial[stream], chunk]);
    const end = all.lastIndexOf(10) + 1;
    const whole = all.length - end > longestLine ? all.length : end;
    partial[stream] = all.subarray(whole);
    if (whole > 0) logs.append(linesOf(all.toString('utf8', 0, whole), stream, now));
  }

  function linesOf(text: string, stream: Stream, timeMs: number): Omit<LogLine, 'position'>[] {
    const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
    return lines.map((line) => ({ timeMs, stream, text: clean(maskText(line, masked)), instanceId }));
  }

  return {
    async finish() {
      watcher.close();
      clearInterval(timer);
      await running;
      for (let round = 0; round < 20 && (round === 0 || again); round++) {
        again = false;
        await takeAll().catch(() => {});
      }
      closed = true;
      for (const stream of ['stdout', 'stderr'] as const) {
        if (partial[stream].length > 0) logs.append(linesOf(partial[stream].toString('utf8'), stream, clock.now()));
        partial[stream] = Buffer.alloc(0);
      }
    },
  };
}

/**
 * Overwrites secrets in a file that a program goes on appending to, where it was read already. Remembers the end of
 * what it saw last, for those that come in two pieces.
 */
function createBlanker(masked: readonly string[]): (file: number, chunk: Buffer, at: number) => void {
  const parts = maskedParts(masked).map((part) => Buffer.from(part));
  const overlap = Math.max(0, ...parts.map((part) => part.length - 1));
  let tail: Buffer = Buffer.alloc(0);

  return (file, chunk, at) => {
    if (parts.length === 0) return;
    const seen = Buffer.concat([at >= tail.length ? tail : Buffer.alloc(0), chunk]);
    const start = at + chunk.length - seen.length;
    for (const part of parts)
      for (let found = seen.indexOf(part); found !== -1; found = seen.indexOf(part, found + part.length))
        writeSync(file, '*'.repeat(part.length), start + found);
    tail = seen.subarray(Math.max(0, seen.length - overlap));
  };
}

/** The text of a line, cut to a length that a screen can bear. */
export function clean(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
}

function newlines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count++;
  return count;
}

function readOffsets(folder: string): Record<Stream, number> {
  try {
    return JSON.parse(readFileSync(join(folder, 'collected.json'), 'utf8')) as Record<Stream, number>;
  } catch {
    return { stdout: 0, stderr: 0 };
  }
}
