import { expect, test } from 'vitest';
import { dateTimeScalar } from '#src/scalars.ts';

test('a time is written as the engine itself writes it, whatever its year', () => {
  const edges = [
    0, -1, -86_400_000, 86_399_999, 951_782_400_000, 253_402_300_799_999, 253_402_300_800_000, -62_198_755_200_000,
  ];
  const many = Array.from(
    { length: 2_000 },
    (_, index) => Math.trunc((Math.sin(index) * 10_000 - 5_000) * 86_400_000) + index,
  );
  for (const ms of [...edges, ...many]) expect(dateTimeScalar.serialize(new Date(ms))).toBe(new Date(ms).toISOString());
  expect(() => dateTimeScalar.serialize(new Date(Number.NaN))).toThrow('no time');
});
