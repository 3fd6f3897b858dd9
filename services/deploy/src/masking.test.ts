import { expect, test } from 'vitest';
import { createMask } from '#src/masking.ts';

test('cuts secrets, their lines and their encodings, the longest first', () => {
  const mask = createMask(['hunter22', 'hunter22-long', 'line one\nline two', 'a b&c/d']);
  expect(mask('x hunter22-long hunter22 y')).toBe('x [secret] [secret] y');
  expect(mask('said line two')).toBe('said [secret]');
  expect(mask(Buffer.from('hunter22').toString('base64'))).toBe('[secret]');
  expect(mask(encodeURIComponent('a b&c/d'))).toBe('[secret]');
});

test('leaves what is too short to be one', () => {
  expect(createMask(['1', 'ab'])('1 ab')).toBe('1 ab');
});
