import { fstatSync, statfsSync } from 'node:fs';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type Log = Logger;

export interface LogOptions {
  readonly level?: LogLevel;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Names under which a secret could slip in as plain text: cut wherever they stand, at two depths. */
const hidden = ['password', 'secret', 'token', 'cookie', 'authorization', 'setCookie', 'privateKey', 'assertion'];

/** Structured JSON lines: `time` (ISO), `level`, `service`, `requestId` where there is one, `msg`. */
export function createLog(options: LogOptions = {}): Log {
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: hidden.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    },
    options.destination ?? openStandardOutput(),
  );
}

/** What waits while the disk under standard output is full; what is beyond it is dropped, and the count is logged. */
const mostWaitingBytes = 4 * 2 ** 20;

/**
 * Nothing that happens to the log ends the house, nor keeps it from ending: what could not be written goes with the next
 * line that can. At an exit the stream writes what waits, again and again for as long as it fails; so not on a full disk.
 */
function openStandardOutput(): DestinationStream {
  const stream = pino.destination({ fd: 1, sync: false, maxLength: mostWaitingBytes });
  const flush = stream.flushSync.bind(stream);
  let isStuck = false;
  let dropped = 0;
  stream.flushSync = () => {
    if (!isStuck && hasRoom()) flush();
  };
  stream.on('error', () => (isStuck = true));
  stream.on('drop', () => dropped++);
  stream.on('drain', () => {
    isStuck = false;
    if (dropped === 0) return;
    const msg = `${dropped} lines of this log were dropped: they could not be written`;
    dropped = 0;
    stream.write(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg })}\n`);
  });
  return stream;
}

/** Whether the disk under standard output has room; what is no file, and what cannot be told, has. */
function hasRoom(): boolean {
  try {
    return !fstatSync(1).isFile() || statfsSync('/proc/self/fd/1').bavail > 0;
  } catch {
    return true;
  }
}
