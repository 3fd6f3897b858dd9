import { createTestClock } from '@steading/testkit';
import { expect, test } from 'vitest';
import { createBuildTurns } from '#src/runtime/process/build-turns.ts';

function turns() {
  const clock = createTestClock();
  const gaveWay: boolean[] = [];
  const machine = { all: 0, idle: 0 };
  const periods = { all: 0, full: 0 };
  const group = { giveWay: (isIdle: boolean) => gaveWay.push(isIdle), periods: () => ({ ...periods }) };
  const { begin } = createBuildTurns({ group, clock, times: () => ({ ...machine }) });
  return {
    begin,
    gaveWay,
    /** What happens within one turn. */
    async turn(unused: number, { ran, full }: { ran: number; full: number }) {
      machine.all += 400;
      machine.idle += unused;
      periods.all += ran;
      periods.full += full;
      await clock.advance(2_000);
    },
  };
}

test('builds give way while something is left for them, or they use all of their budget', async () => {
  const { begin, gaveWay, turn } = turns();
  const end = begin();
  await turn(100, { ran: 50, full: 0 });
  await turn(0, { ran: 100, full: 90 });
  expect(gaveWay).toEqual([true, true, true]);
  end();
  await turn(0, { ran: 0, full: 0 });
  expect(gaveWay).toHaveLength(3);
});

test('builds to which others leave nothing count for a turn, and then give way again', async () => {
  const { begin, gaveWay, turn } = turns();
  const ends = [begin(), begin()];
  await turn(4, { ran: 3, full: 0 });
  expect(gaveWay).toEqual([true, false]);
  await turn(0, { ran: 100, full: 60 });
  expect(gaveWay).toEqual([true, false, true]);
  for (const end of ends) end();
  await turn(0, { ran: 3, full: 0 });
  expect(gaveWay).toHaveLength(3);
});
