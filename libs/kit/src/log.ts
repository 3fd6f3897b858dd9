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
    options.destination ?? pino.destination({ fd: 1, sync: false }),
  );
}
