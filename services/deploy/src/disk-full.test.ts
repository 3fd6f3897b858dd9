import { expect, test } from 'vitest';
import { asFailure } from '#src/pipeline/settle.ts';
import { isDiskFull } from './disk-full.ts';

const full = Object.assign(new Error('write'), { code: 'ENOSPC' });

test('a full disk is known also behind what wraps it', () => {
  expect(isDiskFull(new Error('the log could not be written', { cause: full }))).toBe(true);
  const ofDatabase = Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' });
  expect(isDiskFull(new Error('the state could not be stored', { cause: ofDatabase }))).toBe(true);
  expect(isDiskFull(Object.assign(new Error('open'), { code: 'ENOENT' }))).toBe(false);
  expect(isDiskFull(undefined)).toBe(false);
});

test('a deployment that finds no room fails at once, and says why', () => {
  expect(asFailure(full)).toMatchObject({ code: 'disk-full', message: expect.stringContaining('Make room') });
});
