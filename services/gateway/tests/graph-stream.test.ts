/** Subscriptions through a real gateway: who opens them, what comes, and what ends them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Bus, defineEvent } from '@steading/bus';
import { SessionEnded } from '@steading/contracts/identity-events';
import { IdentityService } from '@steading/contracts/rpc/identity';
import { forestService } from '@steading/forest-service';
import { createSubgraphBuilder, finish, open, signedIn } from '@steading/graph';
import { kitErrors, serviceCaller } from '@steading/kit';
import { implement } from '@steading/rpc';
import { defineService } from '@steading/service';
import { startTestHouse, type TestHouse, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayService } from '#src/service.ts';

const cookie = (name: string) => `steading_session=${name.repeat(40)}`;
const Sown = defineEvent('garden.bed.sown', 1, z.object({ bed: z.string() }));
let endSession: (name: string) => Promise<void>;
let sow: (bed: string) => Promise<void>;
let following = 0;

/** Plays identity: each letter is somebody's session. */
const identityService = defineService({
  name: 'identity',
  purpose: 'Plays identity in this test.',
  rpc: [IdentityService],
  create({ bus, db }) {
    endSession = (name) =>
      db.write((tx) =>
        bus.emit(tx, SessionEnded, {
          key: `ses_${name}`,
          caller: serviceCaller('identity', 'req_test'),
          data: { sessionId: `ses_${name}`, userId: `usr_${name}` },
        }),
      );
    const hash = (name: string) => createHash('sha256').update(name.repeat(40)).digest();
    const none = () => {
      throw kitErrors('not-found', { kind: 'thing' });
    };
    return {
      rpc: [
        implement(IdentityService, {
          resolveSession(request: { tokenSha256: Uint8Array }) {
            const name = ['a', 'b', 'c', 'd'].find((one) => hash(one).equals(request.tokenSha256));
            if (!name) return none();
            const later = BigInt(Date.now() + 3_600_000);
            return { userId: `usr_${name}`, sessionId: `ses_${name}`, expiresMs: later, refreshMs: later } as never;
          },
          resolveToken: none,
          getPeople: none,
          findByEmail: none,
          inviteToRegister: none,
          sendMail: none,
        } as never),
      ],
    };
  },
});

/** What is sown, by the events of the house. */
async function* sown(bus: Bus, signal: AbortSignal): AsyncGenerator<string> {
  const heard: string[] = [];
  let wake = () => {};
  const subscription = bus.broadcast([Sown], (event) => {
    heard.push((event.data as { bed: string }).bed);
    wake();
  });
  following++;
  try {
    while (!signal.aborted) {
      yield* heard.splice(0);
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (signal.aborted || heard.length > 0) resolve();
      });
    }
  } finally {
    following--;
    await subscription.stop();
  }
}

const gardenService = defineService({
  name: 'garden',
  purpose: 'A garden in this test.',
  graph: true,
  create({ bus, db, access, log }) {
    sow = (bed) =>
      db.write((tx) => bus.emit(tx, Sown, { key: bed, caller: serviceCaller('garden', 'req_test'), data: { bed } }));
    const builder = createSubgraphBuilder({ service: 'garden', log, access });
    builder.queryField('rain', (t) => t.boolean({ access: open('a test'), resolve: () => true }));
    builder.mutationField('water', (t) => t.boolean({ access: open('a test'), resolve: () => true }));
    builder.subscriptionFields((t) => ({
      sown: t.string({
        access: signedIn(),
        subscribe: (_root, _args, { signal }) => sown(bus, signal),
        resolve: (bed) => bed,
      }),
      counted: t.int({
        access: open('a test'),
        subscribe: async function* () {
          yield* [1, 2];
        },
        resolve: (at) => at,
      }),
      broken: t.int({
        access: open('a test'),
        subscribe: async function* () {
          yield 1;
          throw new Error('connect postgres://hunter2');
        },
        resolve: (at) => at,
      }),
    }));
    return { graph: finish(builder) };
  },
});

let house: TestHouse;
beforeAll(async () => {
  house = await startTestHouse({
    services: [identityService, forestService, gardenService, gatewayService],
    env: { STEADING_SUBSCRIPTIONS_PER_CALLER: '2', STEADING_SUBSCRIPTIONS: '3' },
    logLevel: 'fatal',
  });
});
afterAll(() => house?.close());

interface Following {
  readonly status: number;
  readonly type: string;
  text(): string;
  readonly ended: Promise<number>;
  leave(): void;
}

async function ask(query: string, headers: Record<string, string> = {}): Promise<Following> {
  const leaving = new AbortController();
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', origin: house.url, ...headers },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  let text = '';
  const ended = (async () => {
    try {
      for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) text += part;
    } catch {
      // Cut off: an end as well.
    }
    return performance.now();
  })();
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type, text: () => text, ended, leave: () => leaving.abort() };
}

it('brings each event of the house to whoever follows, until they leave', async () => {
  const one = await ask('subscription { sown }', { cookie: cookie('a') });
  expect(one).toMatchObject({ status: 200, type: 'text/event-stream; charset=utf-8' });
  await waitFor('the garden to be followed', () => following === 1);
  await sow('roses');
  await sow('peas');
  await waitFor('both events', () => one.text().includes('peas'));
  expect(one.text()).toBe(
    ':\n\nevent: next\ndata: {"data":{"sown":"roses"}}\n\nevent: next\ndata: {"data":{"sown":"peas"}}\n\n',
  );
  one.leave();
  await waitFor('the garden to be left', () => following === 0);
});

it('is complete when its source is', async () => {
  const one = await ask('subscription { counted }');
  await one.ended;
  expect(one.text()).toBe(
    ':\n\nevent: next\ndata: {"data":{"counted":1}}\n\nevent: next\ndata: {"data":{"counted":2}}\n\nevent: complete\ndata:\n\n',
  );
});

it('counts the events in the metrics', async () => {
  const events = async () =>
    Number(/^steading_graph_events_total (\d+)$/m.exec(await (await fetch(`${house.url}/metrics`)).text())?.[1]);
  const before = await events();
  await (await ask('subscription { counted }')).ended;
  expect((await events()) - before).toBe(2);
});

it.each([
  ['query', '{ rain }', '{"data":{"rain":true}}'],
  ['mutation', 'mutation { water }', '{"data":{"water":true}}'],
])('answers a %s as one event to whoever takes nothing else', async (_kind, query, body) => {
  const one = await ask(query);
  await one.ended;
  expect(one).toMatchObject({ status: 200, type: 'text/event-stream; charset=utf-8' });
  expect(one.text()).toBe(`:\n\nevent: next\ndata: ${body}\n\nevent: complete\ndata:\n\n`);
  const both = await ask(query, { accept: 'application/json, text/event-stream' });
  await both.ended;
  expect(both).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
  expect(both.text()).toBe(body);
});

it.each<[string, string, Record<string, string>, number, string]>([
  ['whoever takes no events', 'subscription { counted }', { accept: '*/*' }, 406, 'gateway.subscription-unaccepted'],
  ['who may not', 'subscription { sown }', {}, 401, 'unauthenticated'],
  ['two root fields', 'subscription { counted sown }', {}, 400, 'gateway.query-invalid'],
  [
    'a conditional root field',
    'subscription($x: Boolean!) { counted @skip(if: $x) }',
    {},
    400,
    'gateway.query-invalid',
  ],
  ['what is too broad', `subscription { ${'counted '.repeat(81)} }`, {}, 400, 'gateway.query-too-broad'],
])('refuses %s with a status and a reason, and opens nothing', async (_name, query, headers, status, code) => {
  const one = await ask(query, headers);
  await one.ended;
  expect({ status: one.status, type: one.type }).toEqual({ status, type: 'application/json; charset=utf-8' });
  expect(JSON.parse(one.text())).toMatchObject({ errors: [{ extensions: { code, status } }] });
  expect(following).toBe(0);
});

it('refuses other ways to ask than a POST of JSON from the house itself', async () => {
  const get = await fetch(`${house.url}/graphql?query=subscription{counted}`, {
    headers: { accept: 'text/event-stream', cookie: cookie('a') },
  });
  expect(get.status).toBe(404);
  const elsewhere = await ask('subscription { sown }', { cookie: cookie('a'), origin: 'https://evil.example.org' });
  expect(elsewhere.status).toBe(403);
  const text = await ask('subscription { sown }', { cookie: cookie('a'), 'content-type': 'text/plain' });
  expect(text.status).toBe(415);
  expect(following).toBe(0);
});

it('tells no more than a code of what broke inside, and leaves it to the reader to come again', async () => {
  const one = await ask('subscription { broken }');
  await one.ended;
  expect(one.text()).toContain('event: next\ndata: {"data":{"broken":1}}\n\n');
  expect(one.text()).toContain('"code":"internal"');
  expect(one.text()).not.toMatch(/hunter2|complete/);
});

it('ends within a second of its session, with the reason', async () => {
  const one = await ask('subscription { sown }', { cookie: cookie('b') });
  await waitFor('the garden to be followed', () => following === 1);
  const began = performance.now();
  await endSession('b');
  expect((await one.ended) - began).toBeLessThan(1_000);
  expect(one.text()).toMatch(/"code":"unauthenticated".*\n\nevent: complete\ndata:\n\n$/);
  expect(following).toBe(0);
});

it('keeps to its limits for one caller and in all, and counts what has ended no longer', async () => {
  const mine = await Promise.all([1, 2].map(() => ask('subscription { sown }', { cookie: cookie('c') })));
  const codeOf = async (name: string) => {
    const one = await ask('subscription { sown }', { cookie: cookie(name) });
    if (one.status === 200) return one;
    await one.ended;
    return (JSON.parse(one.text()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code;
  };
  expect(await codeOf('c')).toBe('gateway.too-many-subscriptions');
  const other = (await codeOf('a')) as Following;
  expect(other.status).toBe(200);
  expect(await codeOf('d')).toBe('gateway.subscriptions-full');
  for (const one of [...mine, other]) one.leave();
  await waitFor('all to be left', () => following === 0);
  const again = await ask('subscription { sown }', { cookie: cookie('c') });
  expect(again.status).toBe(200);
  again.leave();
});

it('ends when the house stops, in a way that makes its reader come again, and holds nothing up', async () => {
  const silent = connect(house.port, 'localhost');
  silent.on('error', () => {});
  await once(silent, 'connect');
  const one = await ask('subscription { sown }', { cookie: cookie('a') });
  await waitFor('the garden to be followed', () => following === 1);
  const began = performance.now();
  await Promise.all([house.stop(), one.ended]);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(one.text()).toContain('"code":"unavailable"');
  expect(one.text()).not.toContain('complete');
});
