import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSealing } from '#src/sealing.ts';

const sealing = createSealing(randomBytes(32));

test('opens in its own row only', () => {
  const sealed = sealing.seal('hunter22', 'var_1');
  expect(sealing.open(sealed, 'var_1').reveal()).toBe('hunter22');
  expect(() => sealing.open(sealed, 'var_2')).toThrow();
  expect(() => createSealing(randomBytes(32)).open(sealed, 'var_1')).toThrow();
});

test('any changed byte is noticed, and the text is not in it', () => {
  const sealed = sealing.seal('hunter22', 'var_1');
  expect(sealed.includes('hunter22')).toBe(false);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(() => sealing.open(changed, 'var_1')).toThrow();
  }
});

test('the same text is sealed differently each time', () => {
  expect(sealing.seal('x', 'a').equals(sealing.seal('x', 'a'))).toBe(false);
});
