import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { systemClock } from '@steading/kit';
import { expect, test } from 'vitest';
import { lineQueue, outputLimits } from '#src/runtime/process/build-lines.ts';

async function linesOf(pieces: readonly (string | Buffer)[], masked: readonly string[] = []): Promise<string[]> {
  const queue = lineQueue({ masked }, { clock: systemClock });
  const from = new PassThrough();
  for (const piece of pieces) from.write(piece);
  from.end();
  const taking = queue.take('stdout', from, new AbortController()).then(() => queue.end());
  const found: string[] = [];
  for await (const lines of queue) found.push(...lines.map(({ text }) => text));
  await taking;
  return found;
}

test('lines, letters and secrets that come in two pieces are whole', async () => {
  const letters = Buffer.from('grüße\n');
  expect(
    await linesOf(
      ['one\ntw', 'o\nhunter', '2-hunter2\n', letters.subarray(0, 3), letters.subarray(3), 'end'],
      ['hunter2-hunter2'],
    ),
  ).toEqual(['one', 'two', '[secret]', 'grüße', 'end']);
});

test('a secret at the place where a long line is cut leaves no half of itself, nor does the rest of the line', async () => {
  const secret = 'correct-horse-battery';
  for (const length of [16 * 1024 - 5, 65_536 - 5]) {
    const [line, next] = await linesOf(
      [`${'x'.repeat(length)}${secret.slice(0, 10)}`, `${secret.slice(10)}${'y'.repeat(70_000)}`, '\nnext\n'],
      [secret],
    );
    expect(line).toMatch(/^x+(\[sec.*)?…$/);
    expect(next).toBe('next');
  }
});

test('a build that prints without end waits for its pipe, and what is not kept is said', async () => {
  const queue = lineQueue({ masked: [] }, { clock: systemClock });
  const from = new PassThrough();
  const stop = new AbortController();
  const piece = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64));
  let waits = 0;
  const closed = once(from, 'close');
  const writing = (async () => {
    for (let sent = 0; sent <= outputLimits.all && !stop.signal.aborted; sent += piece.length) {
      if (from.write(piece)) continue;
      const began = performance.now();
      await Promise.race([new Promise((resolve) => from.once('drain', resolve)), closed]);
      if (performance.now() - began > 10) waits++;
    }
  })();
  const began = performance.now();
  const taking = queue.take('stdout', from, stop).then(() => queue.end());
  let bytes = 0;
  let said = '';
  for await (const lines of queue)
    for (const line of lines) {
      if (line.stream === 'steading') said = line.text;
      else bytes += line.text.length + 1;
    }
  await Promise.all([taking, writing]);
  expect(waits).toBeGreaterThan(10);
  expect(performance.now() - began).toBeGreaterThan((outputLimits.kept / outputLimits.bytesPerSecond - 1) * 1_000);
  expect(bytes).toBeLessThanOrEqual(outputLimits.kept + piece.length);
  expect(said).toBe('The build printed more than 12 MB: the rest is not kept.');
  expect(stop.signal.reason).toMatchObject({ code: 'too-large' });
}, 30_000);
