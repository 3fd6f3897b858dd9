import type { Access } from '@steading/access';
import { createLoaders, createSubgraphBuilder, finish, open, privilege } from '@steading/graph';
import { type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import { createAssertions, createInternalDoor, createRpc } from '@steading/rpc';
import { waitFor } from '@steading/testkit';
import { parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDoors, createInsideHandler } from '#src/doors.ts';
import type { Doors, ServiceParts } from '#src/service.ts';

const log = createLog({ level: 'silent' });
const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1', session: 'ses_1' };

let made: number;
let open_: number;
let mayRead = true;

/** Counts to four, then waits until its reader goes. */
async function* count(signal: AbortSignal, principal: string): AsyncGenerator<string> {
  open_++;
  try {
    for (const at of [1, 2, 3, 4]) yield `${principal} ${at}`;
    await systemClock.sleep(60_000, signal);
  } finally {
    open_--;
  }
}

function garden() {
  const access = {
    require: () => {
      if (!mayRead) throw kitErrors('forbidden', { why: 'It is locked.' });
    },
    onChange: () => ({ stop() {} }),
  } as unknown as Access;
  const builder = createSubgraphBuilder({ service: 'garden', log, access });
  builder.queryField('beds', (t) => t.int({ access: open('a test'), resolve: () => 1 }));
  builder.subscriptionFields((t) => ({
    counted: t.string({
      args: { from: t.arg.int({ required: true }) },
      access: () => privilege('garden.read', 'grd_1'),
      subscribe: (_root, _args, { signal, caller }) => count(signal, caller.principal),
      resolve: (event, { from }) => {
        if (from === 3) throw kitErrors('bad-input', { field: 'from', problem: 'not three.' });
        return `${event} from ${from}`;
      },
    }),
    large: t.string({
      access: open('a test'),
      subscribe: async function* () {
        open_++;
        try {
          for (made = 1; made < 1_000; made++) yield 'x'.repeat(20_000);
        } finally {
          open_--;
        }
      },
      resolve: (event) => event,
    }),
    broken: t.int({
      access: open('a test'),
      subscribe: async function* () {
        yield 1;
        throw kitErrors('conflict', { what: 'The bed' });
      },
      resolve: () => 1,
    }),
    short: t.int({
      access: open('a test'),
      subscribe: async function* () {
        yield* [1, 2];
      },
      resolve: (event) => event,
    }),
  }));
  return finish(builder);
}

interface Shape {
  readonly doors: Doors;
  stopHouse(): Promise<void>;
  stop(): Promise<void>;
}

const parts = new Map<string, ServiceParts>([['garden', { graph: garden() }]]);
const stopping = () => new AbortController();

async function oneProcess(): Promise<Shape> {
  const remote = async () => Promise.reject(kitErrors('unavailable', { what: 'Nobody' }));
  const doors = createDoors({ catalogue: [], local: parts, remote, stopping: stopping().signal, log });
  return { doors, async stopHouse() {}, async stop() {} };
}

async function twoProcesses(): Promise<Shape> {
  const assertion = createAssertions({ clock: systemClock });
  const offers = new Map();
  const none = async () => Promise.reject(kitErrors('unavailable', { what: 'Nobody' }));
  const stops = stopping();
  const door = await createInternalDoor({
    rpc: createRpc({ log, clock: systemClock, offers }),
    port: 0,
    log,
    verify: assertion.verify,
    http: createInsideHandler({ catalogue: [], local: parts, remote: none, stopping: stops.signal, log }),
  });
  const rpc = createRpc({ log, clock: systemClock, offers, assertion });
  const doors = createDoors({
    catalogue: [],
    local: new Map(),
    remote: (_service, request, caller) => rpc.fetch(door.url, request, caller),
    stopping: stopping().signal,
    log,
  });
  return {
    doors,
    async stopHouse() {
      stops.abort();
      // Without a deadline: nothing that is open may hold it up.
      await door.stop();
    },
    async stop() {
      await rpc.stop();
      await door.stop(AbortSignal.timeout(500));
    },
  };
}

describe.each([
  ['one process', oneProcess],
  ['two processes', twoProcesses],
])('a subscription on a subgraph in %s', (name, start) => {
  let shape: Shape;
  let going: AbortController;
  beforeAll(async () => {
    shape = await start();
  });
  afterAll(() => shape.stop());
  beforeEach(() => {
    going = new AbortController();
    mayRead = true;
    open_ = 0;
    made = 0;
  });

  const subscribe = (source: string, variables: Record<string, unknown> = {}, service = 'garden') =>
    shape.doors.subscribe(
      service,
      { document: parse(source), variables },
      { caller: ada, signal: going.signal, loaders: createLoaders(), noteRevision: () => {} },
    );
  const counted = 'subscription ($from: Int!) { counted(from: $from) }';
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  it('gives answers in order, as the caller, with variables, and ends when the source does', async () => {
    const answers = (await subscribe(counted, { from: 1 }))[Symbol.asyncIterator]();
    for (const at of [1, 2])
      expect(plain((await answers.next()).value)).toEqual({ data: { counted: `user:usr_ada ${at} from 1` } });
    await answers.return?.();
    const all: unknown[] = [];
    for await (const answer of await subscribe('subscription { short }')) all.push(plain(answer));
    expect(all).toEqual([{ data: { short: 1 } }, { data: { short: 2 } }]);
  });

  it('goes no further ahead of its reader than its buffers hold, and leaves the source when the reader goes', async () => {
    const answers = (await subscribe('subscription { large }'))[Symbol.asyncIterator]();
    await answers.next();
    await answers.next();
    let seen = 0;
    await waitFor('the source to wait', () => seen === (seen = made), { everyMs: 50 });
    expect(made).toBeLessThan(name === 'one process' ? 3 : 60);
    await answers.return?.();
    await waitFor('the source to be left', () => open_ === 0);
  });

  it('ends when its signal aborts, although its source waits', async () => {
    const answers = (await subscribe(counted, { from: 1 }))[Symbol.asyncIterator]();
    for (let at = 1; at <= 4; at++) await answers.next();
    const next = answers.next();
    going.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await waitFor('the source to be left', () => open_ === 0);
  });

  it('tells errors of an answer, with their places and codes', async () => {
    const answers = (await subscribe(counted, { from: 3 }))[Symbol.asyncIterator]();
    expect(plain((await answers.next()).value)).toMatchObject({
      data: null,
      errors: [{ path: ['counted'], extensions: { code: 'bad-input', status: 400, requestId: 'req_1' } }],
    });
    await answers.return?.();
  });

  it('rejects with the reason where it is refused, and throws where it breaks off', async () => {
    mayRead = false;
    await expect(subscribe(counted, { from: 1 })).rejects.toMatchObject({
      message: 'You may not do this here. It is locked.',
      extensions: { code: 'forbidden', status: 403, requestId: 'req_1' },
    });
    const answers = (await subscribe('subscription { broken }'))[Symbol.asyncIterator]();
    expect((await answers.next()).done).toBe(false);
    await expect(answers.next()).rejects.toMatchObject({ extensions: { code: 'conflict', status: 409 } });
    await expect(subscribe(counted, { from: 1 }, 'nobody')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('ends with `unavailable` when the process that answers stops', async () => {
    if (name === 'one process') return;
    const answers = (await subscribe(counted, { from: 1 }))[Symbol.asyncIterator]();
    for (let at = 1; at <= 4; at++) await answers.next();
    const next = answers.next();
    next.catch(() => {});
    const slow = (await subscribe('subscription { large }'))[Symbol.asyncIterator]();
    await slow.next();
    await shape.stopHouse();
    await expect(next).rejects.toMatchObject({ extensions: { code: 'unavailable', status: 503 } });
    const rest = async () => {
      for (let item = await slow.next(); !item.done; ) item = await slow.next();
    };
    await expect(rest()).rejects.toMatchObject({ code: 'unavailable' });
    expect(open_).toBe(0);
  });
});
