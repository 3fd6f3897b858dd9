import { createHmac } from 'node:crypto';

/** One entry as it is kept, without its hash. Times are ISO text in UTC with milliseconds. */
export interface AuditEntry {
  readonly position: number;
  readonly eventId: string;
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly node: string;
  readonly target: string;
  readonly result: string;
  readonly through: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * HMAC-SHA-256, under a key that is not in the database, over the previous hash and the entry as canonical JSON (keys
 * sorted at every depth), in hex: whoever can only write to the database cannot make a chain that verifies.
 */
export function hashEntry(key: Buffer, previous: string, entry: AuditEntry): string {
  return createHmac('sha256', key).update(previous).update('\n').update(canonical(entry)).digest('hex');
}

/** JSON with sorted keys and without `undefined`: the same text for the same content, also after a way through jsonb. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}
