import { expect, test } from 'vitest';
import { maskText } from '#src/masks.ts';

test('cuts a secret wherever it stands, the longest first', () => {
  expect(maskText('a=hunter2 b=hunter2long', ['hunter2', 'hunter2long'])).toBe('a=[secret] b=[secret]');
});

test('cuts each line of a secret of several lines', () => {
  expect(maskText('got -----KEY-----', ['-----KEY-----\nabcdef\n'])).toBe('got [secret]');
});

test('leaves values too short to hide anything', () => {
  expect(maskText('1 and 10', ['1'])).toBe('1 and 10');
});
