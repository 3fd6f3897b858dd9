import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#src/clock.ts';
import { loadConfig } from '#src/config.ts';
import { AppError, defineErrors, toPublicError } from '#src/errors.ts';
import { idTime, isId, newId } from '#src/ids.ts';
import { createLifecycle } from '#src/lifecycle.ts';
import { createLog } from '#src/log.ts';
import { Secret } from '#src/secret.ts';

test('ids of one process sort in the order they were made, and name their time', () => {
  const ids = Array.from({ length: 5000 }, () => newId('app'));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(5000);
  expect(Math.abs(idTime(ids[0] ?? 'app_') - Date.now())).toBeLessThan(5_000);
});

test.each([
  'app_',
  'app_x',
  `spc_${'0'.repeat(26)}`,
  `app_${'0'.repeat(25)}`,
  `app_${'u'.repeat(26)}`,
  `app_8${'0'.repeat(25)}`,
  7,
  null,
])('%j is no id of an app', (text) => {
  expect(isId('app', text)).toBe(false);
});

test('a secret shows itself nowhere', () => {
  const secret = new Secret('hunter2');
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line: string) => void lines.push(line) } });
  log.info({ secret, password: 'hunter2', user: { token: 'hunter2' }, note: secret }, `signing in with ${secret}`);
  expect([`${secret}`, JSON.stringify({ secret }), inspect({ secret }), ...lines].join('\n')).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});

test('an error of the catalogue is shown as it is, any other as internal', () => {
  const fail = defineErrors({ 'garden.full': { status: 409, text: 'Only {limit} fit. Take one out first.' } });
  expect(toPublicError(fail('garden.full', { limit: 3 }, new Error('why')))).toEqual({
    code: 'garden.full',
    message: 'Only 3 fit. Take one out first.',
    status: 409,
    details: { limit: 3 },
  });
  expect(toPublicError(new Error('password=hunter2'))).toMatchObject({ code: 'internal', status: 500 });
  expect(JSON.stringify(toPublicError(new Error('password=hunter2')))).not.toContain('hunter2');
  expect(fail('garden.full')).toBeInstanceOf(AppError);
});

test('every wrong setting is named in a sentence of its own', () => {
  const shape = {
    PORT: z.coerce.number().int().max(65_535).default(80).describe('where it listens'),
    URL: z.url().describe('where people go'),
  };
  expect(loadConfig(shape, { URL: 'http://x.example', PORT: '' })).toEqual({ PORT: 80, URL: 'http://x.example' });
  expect(() => loadConfig(shape, { PORT: '99999', URL: 'no' })).toThrow(
    /PORT: .*\(where it listens\)\n {2}URL: .*\(where people go\)/,
  );
});

test('what was started is stopped backwards, also past a part that fails or hangs', async () => {
  const log = createLog({ level: 'silent' });
  const life = createLifecycle({ log, clock: systemClock, graceMs: 50 });
  const stopped: string[] = [];
  life.add({ name: 'first', stop: () => void stopped.push('first') });
  life.add({
    name: 'fails',
    stop: () => {
      throw new Error('no');
    },
  });
  life.add({ name: 'hangs', stop: () => new Promise(() => {}) });
  life.add({ name: 'last', stop: () => void stopped.push('last') });
  await Promise.all([life.stop(), life.stop()]);
  expect(stopped).toEqual(['last', 'first']);
  expect(life.signal.aborted).toBe(true);
});
