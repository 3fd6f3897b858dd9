import type { Log } from '@steading/kit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createPool } from '#src/pool.ts';

test('times are read to the millisecond, and those that are not plain as the driver reads them', () => {
  const read: (text: string) => Date = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);
  for (const [text, iso] of [
    ['2026-01-31 12:34:56+00', '2026-01-31T12:34:56.000Z'],
    ['2026-02-28 23:59:59.9+00', '2026-02-28T23:59:59.900Z'],
    ['2026-02-28 23:59:59.123456+00', '2026-02-28T23:59:59.123Z'],
    ['2026-02-28 23:59:59.999999+00', '2026-02-28T23:59:59.999Z'],
    ['2026-01-31 12:34:56+01', '2026-01-31T11:34:56.000Z'],
    ['2026-01-31 12:34:56.5-03:30', '2026-01-31T16:04:56.500Z'],
    ['0099-01-31 12:34:56+00', '0099-01-31T12:34:56.000Z'],
  ] as const)
    expect(read(text).toISOString(), text).toBe(iso);
  for (let ms = 0; ms < 1_000; ms++)
    expect(read(`2026-01-31 12:34:56.${String(ms).padStart(3, '0')}+00`).getMilliseconds()).toBe(ms);
  expect(read('infinity')).toBe(Number.POSITIVE_INFINITY);
});

test('a lost connection is logged without all that hangs on it', async () => {
  const logged: unknown[] = [];
  const log = { warn: (what: unknown) => void logged.push(what) } as unknown as Log;
  const pool = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', log });
  const error = Object.assign(new Error('gone'), { code: '57P01', client: { connection: {} } });
  pool.emit('error', error, undefined as never);
  await pool.end();
  expect(logged).toEqual([{ err: error }]);
  expect(error).not.toHaveProperty('client');
});
