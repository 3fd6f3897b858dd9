import type { Readable } from 'node:stream';
import { maskText } from '#src/masks.ts';
import { BuildStopped } from '#src/runtime/process/build-stops.ts';
import { clean } from '#src/runtime/process/collector.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import type { BuildOrder, LogLine } from '#src/runtime/runtime.ts';

const mostOutputBytes = 64 * 2 ** 20;

/** Lines on their way to a reader. A reader that is slow slows the build down; nothing is kept without limit. */
export function lineQueue({ masked }: BuildOrder, { clock }: Machine) {
  const waiting: LogLine[] = [];
  let position = 0;
  let bytes = 0;
  let ended = false;
  let wake = () => {};
  let drained = () => {};

  function add(stream: LogLine['stream'], text: string): void {
    waiting.push({
      position: ++position,
      timeMs: clock.now(),
      stream,
      text: maskText(clean(text), masked),
      instanceId: '',
    });
    wake();
  }

  async function take(stream: 'stdout' | 'stderr', from: Readable, stop: AbortController): Promise<void> {
    let rest = '';
    from.setEncoding('utf8');
    try {
      for await (const chunk of from) {
        bytes += chunk.length;
        if (bytes > mostOutputBytes) {
          stop.abort(new BuildStopped('too-large', `The build printed more than ${mostOutputBytes / 2 ** 20} MB.`));
          return;
        }
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > 65_536) {
          lines.push(rest);
          rest = '';
        }
        for (const line of lines) add(stream, line);
        while (waiting.length > 2_000 && !ended && !stop.signal.aborted)
          await Promise.race([new Promise<void>((resolve) => (drained = resolve)), clock.sleep(200)]);
      }
    } catch {
      /* the pipe went with the process */
    }
    if (rest) add(stream, rest);
  }

  return {
    add,
    take,
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<LogLine> {
      for (;;) {
        yield* waiting.splice(0);
        drained();
        if (waiting.length > 0) continue;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
