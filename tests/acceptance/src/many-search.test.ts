import { expect, test } from 'vitest';
import { createManySearch } from '#src/many-search.ts';

const letters = 'abcd';
const random = (length: number) =>
  Buffer.from(Array.from({ length }, () => letters.charCodeAt(Math.floor(Math.random() * letters.length))));

test('finds what a search for each word alone finds', () => {
  let finds = 0;
  for (let round = 0; round < 300; round++) {
    const words = new Map(
      Array.from({ length: 1 + (round % 40) }, (_, index) => [`w${index}`, [random(2 + ((round + index) % 9))]]),
    );
    const content = random(round);
    const expected = [...words].filter(([, [word]]) => content.includes(word!)).map(([name]) => name);
    finds += expected.length;
    expect(createManySearch(words)(content).sort()).toEqual(expected.sort());
  }
  expect(finds).toBeGreaterThan(1_000);
});

test('takes words of several forms, at both ends, and bytes of every value', () => {
  const search = createManySearch(
    new Map([
      ['one', [Buffer.from([0, 255, 1]), Buffer.from('begin')]],
      ['two', [Buffer.from('the end')]],
    ]),
  );
  expect(search(Buffer.from('begin … the end')).sort()).toEqual(['one', 'two']);
  expect(search(Buffer.from([9, 0, 255, 1]))).toEqual(['one']);
  expect(search(Buffer.from('the en'))).toEqual([]);
  expect(search(Buffer.alloc(0))).toEqual([]);
});
