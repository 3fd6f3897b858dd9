/**
 * The log of one deployment while it is worked on: lines get their position here, are masked, and are stored in
 * batches. At most `maxBytes` of output, and no more than may wait for a database that is slow or away; what is missing
 * is said where it is missing. What the house itself says is kept beyond that.
 *
 * A deployment does not wait for its log. Lines for which there was no room when it was over are tried on, for as long as
 * `lateMs`; until they are stored, and where they never are, their number stands in the deployment's row, by which
 * readers know.
 */
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import { type LogRun, logDb } from '#src/log-db.ts';

export interface LogWriter {
  write(stage: string, stream: 'stdout' | 'stderr' | 'steading', text: string): void;
  /** Everything written so far is stored, or was given up after several tries. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export const logLimits = { bytes: 10 * 1024 * 1024, lineLength: 8192, batch: 500, delayMs: 100, waitingLines: 20_000 };

const lastTries = 4;
const lastTryMs = 1_500;
/** Between two tries, doubled each time from `logLimits.delayMs` on. */
const longestDelayMs = 5_000;

/** Logs whose deployments are over, and that still wait for room. */
export interface LateLogs {
  /** Aborted when this process ends: what is not stored then is lost. */
  readonly signal: AbortSignal;
  /** Ids of deployments. */
  readonly open: Set<string>;
}

export const lateLimits = { logs: 20, lateMs: 15 * 60_000 };

interface WriterOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly deploymentId: string;
  readonly mask: (text: string) => string;
  readonly late: LateLogs;
  readonly maxBytes?: number;
}

export async function openLogWriter(options: WriterOptions): Promise<LogWriter> {
  const { clock, maxBytes = logLimits.bytes } = options;
  const last = await logDb.last(options.db, options.deploymentId);
  const store = createLineStore(options);
  let { position, bytes } = last;
  let cut = bytes >= maxBytes;
  /** Lines of output that were dropped since the last that was kept. */
  let missing = 0;

  const push = (stage: string, stream: string, text: string) => {
    bytes += Buffer.byteLength(text);
    store.push({ position: ++position, atMs: Math.floor(clock.now()), stage, stream }, text);
  };
  const add = (stage: string, stream: string, text: string) => {
    if (missing > 0) {
      const lines = missing === 1 ? 'One line' : `${missing} lines`;
      missing = 0;
      push(stage, 'steading', `${lines} of the output are missing here: they came faster than they could be stored.`);
    }
    push(stage, stream, text);
  };
  const output = (stage: string, stream: string, line: string) => {
    if (cut) return;
    if (store.isFull()) return void missing++;
    cut = bytes + line.length > maxBytes;
    if (!cut) return add(stage, stream, line);
    const megabytes = Math.round(maxBytes / 1024 / 1024);
    add(stage, 'steading', `The log is longer than ${megabytes} MB: the rest of the output is not kept.`);
  };

  return {
    write(stage, stream, text) {
      for (const whole of options.mask(clean(text)).split('\n')) {
        const line = whole.length > logLimits.lineLength ? `${whole.slice(0, logLimits.lineLength)} … (cut)` : whole;
        if (stream === 'steading') add(stage, stream, line);
        else output(stage, stream, line);
      }
    },
    flush: store.flush,
    close: store.close,
  };
}

type OpenRun = LogRun & { readonly lines: string[] };

/**
 * Lines that wait to be stored, in order; what cannot be stored now is tried again. A build may print ten thousand lines a
 * second: those of one stream and one millisecond wait together, as little more than their texts.
 */
function createLineStore(options: WriterOptions) {
  const { db, clock, deploymentId, late } = options;
  let waiting: OpenRun[] = [];
  /** How many lines are in `waiting`. */
  let lines = 0;
  /** The last of `waiting`, while lines may join it. */
  let open: OpenRun | undefined;
  let running: Promise<void> = Promise.resolve();
  let scheduled = false;
  let closed = false;
  let failures = 0;

  const schedule = () => {
    if (scheduled || closed) return;
    scheduled = true;
    clock.after(Math.min(logLimits.delayMs * 2 ** failures, longestDelayMs), () => {
      scheduled = false;
      void flush();
    });
  };
  const store = async () => {
    while (waiting.length > 0) {
      const batch = firstOf(waiting);
      if (batch.length === waiting.length) open = undefined;
      await db.write((tx) => logDb.append(tx, deploymentId, batch));
      failures = 0;
      waiting = waiting.slice(batch.length);
      lines -= linesIn(batch);
    }
  };
  const flush = () => {
    running = running.then(store).catch((error: unknown) => {
      failures++;
      options.log.warn({ err: error, deploymentId }, 'log lines could not be stored; they are tried again');
      schedule();
    });
    return running;
  };
  const flushWell = async () => {
    for (let tried = 1; tried <= lastTries && waiting.length > 0; tried++) {
      if (tried > 1) await clock.sleep(lastTryMs);
      await flush();
    }
  };
  const note = (unstored: number) =>
    db
      .write((tx) => logDb.setUnstored(tx, deploymentId, unstored))
      .catch((error: unknown) => {
        options.log.warn({ err: error, deploymentId }, 'it could not be noted that log lines are missing');
      });
  /** Until there is room, or nobody can wait any longer. */
  const storeLate = async () => {
    const untilMs = clock.now() + lateLimits.lateMs;
    late.open.add(deploymentId);
    while (waiting.length > 0 && clock.now() < untilMs && !late.signal.aborted) {
      await clock.sleep(longestDelayMs, late.signal);
      await flush();
    }
    late.open.delete(deploymentId);
    if (waiting.length === 0) await note(0);
    else sayLost();
  };
  const sayLost = () =>
    options.log.error({ deploymentId, lines }, 'log lines of a deployment could not be stored and are lost');
  return {
    isFull: () => lines >= logLimits.waitingLines,
    push(place: Omit<LogRun, 'lines'>, text: string) {
      const { atMs, stage, stream } = place;
      const joins = open && open.lines.length < logLimits.batch && open.atMs === atMs;
      if (open && joins && open.stage === stage && open.stream === stream) open.lines.push(text);
      else waiting.push((open = { ...place, lines: [text] }));
      lines++;
      schedule();
    },
    flush,
    async close() {
      await flushWell();
      closed = true;
      if (waiting.length === 0) return;
      await note(lines);
      if (late.signal.aborted || late.open.size >= lateLimits.logs) sayLost();
      else void storeLate();
    },
  };
}

/** As many as are stored at once. */
function firstOf(runs: readonly LogRun[]): readonly LogRun[] {
  let count = 0;
  const over = runs.findIndex((run) => (count += run.lines.length) > logLimits.batch);
  return over < 0 ? runs.slice() : runs.slice(0, Math.max(1, over));
}

function linesIn(runs: readonly LogRun[]): number {
  return runs.reduce((sum, run) => sum + run.lines.length, 0);
}

/** Zero bytes cannot be stored as text; a carriage return is how tools draw over a line. */
function clean(text: string): string {
  return text
    .replaceAll('\0', '')
    .replace(/\r\n/g, '\n')
    .replace(/^.*\r(?=.)/gm, '')
    .replaceAll('\r', '');
}
