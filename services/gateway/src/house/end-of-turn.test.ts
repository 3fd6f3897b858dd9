import { expect, test } from 'vitest';
import { endOfTurn } from '#src/house/end-of-turn.ts';

test('who waits in one turn goes on in one, after what was there to read, and later ones in the next', async () => {
  const said: string[] = [];
  const say = (text: string) => () => void said.push(text);
  const first = endOfTurn().then(say('one'));
  await Promise.resolve().then(say('work'));
  const second = endOfTurn().then(say('two'));
  const later = Promise.all([first, second]).then(() => {
    said.push('both');
    return endOfTurn().then(say('later'));
  });
  setImmediate(say('the turn after'));
  await later;
  expect(said).toEqual(['work', 'one', 'two', 'both', 'the turn after', 'later']);
});
