/**
 * The log of one deployment while it is worked on: lines get their position here, are masked, and are stored in
 * batches. At most `maxBytes` of output; what the house itself says is kept beyond that.
 */
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import { logDb } from '#src/log-db.ts';

export interface LogWriter {
  write(stage: string, stream: 'stdout' | 'stderr' | 'steading', text: string): void;
  /** Everything written so far is stored, or was given up after several tries. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export const logLimits = { bytes: 10 * 1024 * 1024, lineLength: 8192, batch: 500, delayMs: 100, waitingLines: 20_000 };

export async function openLogWriter(options: {
  db: Database;
  clock: Clock;
  log: Log;
  deploymentId: string;
  mask: (text: string) => string;
  maxBytes?: number;
}): Promise<LogWriter> {
  const { db, clock, deploymentId, maxBytes = logLimits.bytes } = options;
  const last = await logDb.last(db, deploymentId);
  let position = last.position;
  let bytes = last.bytes;
  let cut = bytes >= maxBytes;
  let waiting: { position: number; at: string; stage: string; stream: string; text: string }[] = [];
  let running: Promise<void> = Promise.resolve();
  let scheduled = false;
  let closed = false;

  const add = (stage: string, stream: string, text: string) => {
    if (waiting.length >= logLimits.waitingLines) return;
    bytes += Buffer.byteLength(text);
    waiting.push({ position: ++position, at: new Date(clock.now()).toISOString(), stage, stream, text });
    schedule();
  };
  const schedule = () => {
    if (scheduled || closed) return;
    scheduled = true;
    clock.after(logLimits.delayMs, () => {
      scheduled = false;
      void flush();
    });
  };
  const store = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, logLimits.batch);
      await db.write((tx) => logDb.append(tx, deploymentId, batch));
      waiting = waiting.slice(batch.length);
    }
  };
  const flush = () => {
    running = running.then(store).catch((error: unknown) => {
      options.log.warn(
        { err: error, deploymentId },
        'log lines of a deployment could not be stored; they are tried again',
      );
      schedule();
    });
    return running;
  };

  return {
    write(stage, stream, text) {
      for (const line of options.mask(clean(text)).split('\n')) {
        if (stream !== 'steading' && cut) continue;
        if (stream !== 'steading' && bytes + line.length > maxBytes) {
          cut = true;
          add(
            stage,
            'steading',
            `The log is longer than ${Math.round(maxBytes / 1024 / 1024)} MB: the rest of the output is not kept.`,
          );
          continue;
        }
        add(
          stage,
          stream,
          line.length > logLimits.lineLength ? `${line.slice(0, logLimits.lineLength)} … (cut)` : line,
        );
      }
    },
    flush,
    async close() {
      await flush();
      closed = true;
    },
  };
}

/** Zero bytes cannot be stored as text; a carriage return is how tools draw over a line. */
function clean(text: string): string {
  return text
    .replaceAll('\0', '')
    .replace(/\r\n/g, '\n')
    .replace(/^.*\r(?=.)/gm, '')
    .replaceAll('\r', '');
}
