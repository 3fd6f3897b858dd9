import { expect, test } from 'vitest';
import { createChain, type Linked } from '#src/chain.ts';

interface Item extends Linked<Item> {
  readonly name: string;
}

const item = (name: string): Item => ({ name, before: undefined, after: undefined });
const names = (items: Iterable<Item>) => [...items].map(({ name }) => name).join('');

test('a chain keeps the order in which things were added, whatever is deleted', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(item) as [Item, Item, Item, Item];
  const chain = createChain<Item>();
  for (const one of [a, b, c, d, b]) chain.add(one);
  expect(names(chain)).toBe('abcd');
  expect([chain.delete(b), chain.delete(b), chain.size]).toEqual([true, false, 3]);
  chain.add(b);
  expect(names(chain)).toBe('acdb');
  for (const one of [b, a, d]) chain.delete(one);
  expect([names(chain), chain.size]).toEqual(['c', 1]);
  chain.add(c);
  chain.delete(c);
  expect([names(chain), chain.size, chain.delete(c)]).toEqual(['', 0, false]);
});

test('what was deleted points to nothing, and may be deleted while it is looked at', () => {
  const all = ['a', 'b', 'c'].map(item);
  const chain = createChain<Item>();
  for (const one of all) chain.add(one);
  for (const one of chain) chain.delete(one);
  expect(chain.size).toBe(0);
  for (const one of all) expect([one.before, one.after]).toEqual([undefined, undefined]);
});
