import { StringDecoder } from 'node:string_decoder';
import { maskText } from '#src/masks.ts';
import { BuildStopped } from '#src/runtime/process/build-stops.ts';
import { clean } from '#src/runtime/process/collector.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import type { BuildOrder, LogLine } from '#src/runtime/runtime.ts';

const megabyte = 2 ** 20;
/** Beyond `kept` output is only counted, which costs the house a thousandth of what lines cost; beyond `all` a build ends. */
export const outputLimits = { kept: 12 * megabyte, all: 64 * megabyte, bytesPerSecond: 2 * megabyte, burst: megabyte };
/** What a line costs beside its text, all the way into its row: with short ones it is most of the work. */
const bytesPerLine = 200;
/** Lines that are handed over at once. */
const mostTogether = 500;
/** Of one line; what is shown of it is less. */
const longestLine = 65_536;

/**
 * Lines on their way to a reader, some at a time. A build that prints faster than the reader takes, or than `bytesPerSecond`, waits for its
 * pipe: so the build slows down, not the house. Nothing is kept without limit, and what is left out is said.
 */
export function lineQueue({ masked }: Pick<BuildOrder, 'masked'>, { clock }: Pick<Machine, 'clock'>) {
  const waiting: LogLine[] = [];
  let position = 0;
  let bytes = 0;
  let budget = outputLimits.burst;
  let budgetAt = clock.now();
  let ended = false;
  let wake = () => {};
  let drained = () => {};

  function add(stream: LogLine['stream'], text: string): void {
    // Masked before it is cut, or the half of a secret would be left.
    const shown = clean(maskText(text, masked));
    waiting.push({ position: ++position, timeMs: clock.now(), stream, text: shown, instanceId: '' });
    wake();
  }

  async function take(stream: 'stdout' | 'stderr', from: AsyncIterable<Buffer>, stop: AbortController): Promise<void> {
    const split = lineSplitter((line) => add(stream, line));
    try {
      for await (const chunk of from) {
        const before = bytes;
        bytes += chunk.length;
        if (bytes > outputLimits.all) {
          const printed = outputLimits.all / megabyte;
          return stop.abort(new BuildStopped('too-large', `The build printed more than ${printed} MB.`));
        }
        if (before > outputLimits.kept) continue;
        const lines = split.take(chunk);
        if (bytes > outputLimits.kept)
          add('steading', `The build printed more than ${outputLimits.kept / megabyte} MB: the rest is not kept.`);
        await pace(chunk.length + lines * bytesPerLine, stop.signal);
      }
    } catch {
      /* the pipe went with the process */
    }
    split.end();
  }

  /** Resolves when the next chunk may be read. */
  async function pace(length: number, signal: AbortSignal): Promise<void> {
    const now = clock.now();
    budget = Math.min(outputLimits.burst, budget + ((now - budgetAt) / 1000) * outputLimits.bytesPerSecond) - length;
    budgetAt = now;
    if (budget < 0) await clock.sleep((-budget / outputLimits.bytesPerSecond) * 1000, signal);
    while (waiting.length > 2_000 && !ended && !signal.aborted)
      await Promise.race([new Promise<void>((resolve) => (drained = resolve)), clock.sleep(200)]);
  }

  return {
    add,
    take,
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<readonly LogLine[]> {
      for (;;) {
        while (waiting.length > 0) yield waiting.splice(0, mostTogether);
        drained();
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Whole lines from pieces of bytes. Of a line that is too long the beginning is given, and nothing more. */
function lineSplitter(add: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  const give = (line: string) => {
    if (!skipping) add(line);
    skipping = false;
  };
  return {
    /** Gives how many lines ended in it. */
    take(chunk: Buffer): number {
      const lines = (skipping ? '' : rest).concat(decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) give(line);
      if (rest.length > longestLine) {
        give(rest);
        skipping = true;
      }
      return lines.length;
    },
    end(): void {
      if (rest && !skipping) add(rest);
    },
  };
}
