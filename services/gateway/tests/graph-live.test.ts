import { SubgraphChanged } from '@steading/contracts/house-events';
import { forestService } from '@steading/forest-service';
import type { Subgraph } from '@steading/graph';
import { serviceCaller } from '@steading/kit';
import { defineService } from '@steading/service';
import { startTestHouse, type TestHouse, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayService } from '#src/service.ts';
import { garden, weather } from './graph-house.ts';

/** Every schema is one of these, so that none costs more than a test may take. */
const gardens = [garden(), garden(['more']), garden(['more', 'still'])];
const misfit: Subgraph = { ...gardens[1]!, sdl: gardens[1]!.sdl.replace('type Query {', 'type Query {\n  rain: Int') };
let offered: Subgraph = gardens[0]!;
let announce: () => Promise<void>;

const gardenService = defineService({
  name: 'garden',
  purpose: 'Offers a graph that changes.',
  graph: true,
  create({ bus, db }) {
    announce = () =>
      db.write((tx) =>
        bus.emit(tx, SubgraphChanged, {
          key: 'garden',
          caller: serviceCaller('garden', 'req_test'),
          data: { service: 'garden' },
        }),
      );
    return {
      get graph() {
        return offered;
      },
    };
  },
});
const weatherService = defineService({
  name: 'weather',
  purpose: 'Is always the same.',
  graph: true,
  create: () => ({ graph: weather() }),
});

let house: TestHouse;
beforeAll(async () => {
  house = await startTestHouse({
    services: [forestService, gardenService, weatherService, gatewayService],
    env: { STEADING_ADDRESS_PER_MINUTE: '1000000' },
    logLevel: 'fatal',
  });
});
afterAll(() => house.close());

interface Answer {
  readonly data?: Record<string, unknown>;
  readonly errors?: { readonly extensions: { readonly code: string } }[];
}

async function ask(query: string): Promise<Answer> {
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await answer.json()) as Answer;
}

async function gatewayHealth(): Promise<{ ready: boolean; reason?: string }> {
  const { services } = (await (await fetch(`${house.url}/readyz`)).json()) as {
    services: { service: string; ready: boolean; reason?: string }[];
  };
  return services.find(({ service }) => service === 'gateway')!;
}

async function offer(next: Subgraph, seen: () => Promise<boolean>): Promise<void> {
  offered = next;
  await announce();
  await waitFor('the change', seen, { timeoutMs: 20_000 });
}

const knows = async (field: string) => (await ask(`{ ${field} }`)).errors === undefined;

it('takes a change in as soon as a service announces it, while every request is answered', async () => {
  const changes = byLength({ quick: 8, long: 200 });
  const load = { asked: 0, wrong: [] as unknown[], over: false };
  const worker = async () => {
    while (!load.over) {
      const { data, errors } = await ask('{ beds(first: 2) { name } rain }').catch((error: unknown) => ({
        data: undefined,
        errors: error,
      }));
      load.asked += 1;
      if (errors || data?.rain !== true) load.wrong.push(errors);
    }
  };
  const workers = [worker(), worker()];
  for (let n = 1; n <= changes; n++) {
    const step = n % 3;
    await offer(gardens[step]!, async () => (await knows('more')) === step >= 1 && (await knows('still')) === step > 1);
  }
  load.over = true;
  await Promise.all(workers);
  console.log(`${changes} changes through the gateway, ${load.asked} requests, ${load.wrong.length} wrong`);
  expect(load.wrong).toEqual([]);
  expect(load.asked).toBeGreaterThan(changes);
}, 600_000);

it('answers as before where a change does not fit, and says so to operators and in /readyz', async () => {
  await offer(gardens[1]!, () => knows('more'));
  await offer(misfit, async () => (await gatewayHealth()).reason !== undefined);
  expect(await gatewayHealth()).toMatchObject({
    ready: true,
    reason: expect.stringMatching(/garden answers as before, its change does not fit: .*Query\.rain/),
  });
  expect((await ask('{ more rain }')).data).toEqual({ more: 'more', rain: true });
  await offer(gardens[0]!, async () => (await gatewayHealth()).reason === undefined);
});

it('tells nobody but operators how the endpoint is', async () => {
  const { errors } = await ask('{ graphEndpoint { gateway subgraphs { name } } }');
  expect(errors).toMatchObject([{ extensions: { code: 'unauthenticated' } }]);
});
