import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Bus } from '#src/bus.ts';
import { defineEvent, type HouseEvent } from '#src/event.ts';
import { heardEvents } from '#src/heard.ts';

const Grown = defineEvent('garden.grown', 1, z.object({ size: z.number() }));
let tell: (bed: string, size?: number) => void;
let miss: () => void;
let subscribed: number;
let stop: AbortController;
let count: number;

const bus: Pick<Bus, 'broadcast'> = {
  broadcast(_events, handler, onGap) {
    subscribed++;
    tell = (key, size = 0) =>
      handler({ id: `evt_${++count}`, type: Grown.type, key, data: { size } } as unknown as HouseEvent);
    miss = () => onGap?.();
    return {
      async stop() {
        subscribed--;
      },
    };
  },
};

beforeEach(() => {
  subscribed = 0;
  count = 0;
  stop = new AbortController();
});

const sizeOf = (event: HouseEvent | undefined) => (event?.data as { size: number } | undefined)?.size;
const hear = (options: Partial<Parameters<typeof heardEvents>[2]> = {}) =>
  heardEvents(bus, [Grown], { signal: stop.signal, ...options });

test('what was told before anybody read is read, in order, and what is not wanted is not', async () => {
  const heard = hear({ wanted: ({ key }) => key === 'peas' });
  tell('peas', 1);
  tell('roses', 2);
  tell('peas', 3);
  expect(sizeOf((await heard.next()).value)).toBe(1);
  expect(sizeOf((await heard.next()).value)).toBe(3);
  const next = heard.next();
  tell('peas', 4);
  expect(sizeOf((await next).value)).toBe(4);
});

test('of those that are the same only the newest waits', async () => {
  const heard = hear({ sameAs: ({ key }) => key, maxWaiting: 2 });
  for (let size = 1; size <= 50; size++) tell('peas', size);
  tell('roses', 7);
  expect([sizeOf((await heard.next()).value), sizeOf((await heard.next()).value)]).toEqual([50, 7]);
});

test('a reader that falls behind is ended with the reason, and is told nothing more', async () => {
  const heard = hear({ maxWaiting: 3 });
  for (let size = 1; size <= 4; size++) tell('peas', size);
  expect(subscribed).toBe(0);
  await expect(heard.next()).rejects.toMatchObject({ code: 'too-slow', status: 429 });
});

test('whoever may have missed something is ended with the reason', async () => {
  const next = hear().next();
  miss();
  await expect(next).rejects.toMatchObject({ code: 'unavailable' });
  expect(subscribed).toBe(0);
});

test('it ends with its signal, whether or not anybody reads', async () => {
  const next = hear().next();
  hear();
  expect(subscribed).toBe(2);
  stop.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(subscribed).toBe(0);
  expect(await hear().next()).toEqual({ done: true, value: undefined });
  expect(subscribed).toBe(0);
});
