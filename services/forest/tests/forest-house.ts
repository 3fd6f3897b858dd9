import { create } from '@bufbuild/protobuf';
import { KnownResponseSchema, NodeOwnerService } from '@steading/contracts/rpc/forest';
import {
  type GetPeopleRequest,
  GetPeopleResponseSchema,
  IdentityService,
  PersonSchema,
} from '@steading/contracts/rpc/identity';
import { defineKind } from '@steading/forest';
import { type Caller, type Clock, newRequestId, serviceCaller } from '@steading/kit';
import { implement } from '@steading/rpc';
import { defineService } from '@steading/service';
import { callerFor, startTestHouse, type TestHouseOptions } from '@steading/testkit';
import { graphql } from 'graphql';
import pg from 'pg';
import { forestService } from '#src/service.ts';

const all = ['owner', 'admin', 'lead', 'developer', 'member', 'guest', 'viewer'] as const;

const gardenKind = defineKind({
  kind: 'garden',
  service: 'gardens',
  readAbout: 'garden.read-about',
  from: { platform: Object.fromEntries(all.map((role) => [role, null])) },
  privileges: {
    'garden.read-about': { text: 'know of the garden', roles: all },
    'garden.read': { text: 'see the garden', roles: all },
    'garden.read-access': { text: 'see who has access', roles: ['owner', 'admin', 'lead'] },
    'garden.dig': { text: 'dig in the garden', roles: ['owner', 'admin', 'lead', 'developer'] },
    'garden.grant': { text: 'grant access', roles: ['owner', 'admin'] },
    'garden.remove': { text: 'remove the garden', roles: ['owner'] },
  },
});
const shedKind = defineKind({
  kind: 'shed',
  service: 'sheds',
  readAbout: 'shed.read-about',
  privileges: { 'shed.read-about': { text: 'know of the shed', roles: all } },
});

/** The forest with a service that knows some of its gardens, one that cannot be asked, and people from a list. */
export async function startForestHouse(options: { over?: TestHouseOptions['over']; clock?: Clock } = {}) {
  const known = new Set<string>();
  const people = new Map<string, string>();
  const identity = defineService({
    name: 'identity',
    purpose: 'Stands in for the real one.',
    rpc: [IdentityService],
    create: () => ({
      rpc: [
        implement(IdentityService, {
          getPeople: async ({ ids }: GetPeopleRequest) =>
            create(GetPeopleResponseSchema, {
              people: ids.flatMap((id) => {
                const name = people.get(id);
                return name === undefined ? [] : [create(PersonSchema, { id, name })];
              }),
            }),
        } as unknown as Parameters<typeof implement<typeof IdentityService>>[1]),
      ],
    }),
  });
  const gardens = defineService({
    name: 'gardens',
    purpose: 'Keeps gardens.',
    kinds: [gardenKind],
    rpc: [NodeOwnerService],
    create: () => ({
      rpc: [
        implement(NodeOwnerService, {
          known: async ({ ids }) => create(KnownResponseSchema, { ids: ids.filter((id) => known.has(id)) }),
        }),
      ],
    }),
  });
  const sheds = defineService({
    name: 'sheds',
    purpose: 'Keeps sheds, and has broken down.',
    kinds: [shedKind],
    rpc: [NodeOwnerService],
    create: () => ({
      rpc: [
        implement(NodeOwnerService, {
          async known() {
            throw new Error('broken down');
          },
        }),
      ],
    }),
  });
  const house = await startTestHouse({
    services: [identity, gardens, sheds, forestService],
    logLevel: 'silent',
    ...(options.over && { over: options.over }),
    ...(options.clock && { clock: options.clock }),
  });
  const pool = new pg.Pool({ connectionString: house.database.url, max: 3 });
  pool.on('error', () => {});
  const { access } = house.context('forest');
  const itself = () => serviceCaller('gardens', newRequestId());

  return {
    house,
    access,
    known,
    itself,
    rows: async <T>(sql: string): Promise<T[]> => (await pool.query(sql)).rows as T[],
    person(name: string) {
      const caller = callerFor();
      people.set(caller.userId, name);
      return caller;
    },
    plant: (id: string, kind = 'garden', parent = 'platform') =>
      access.write(itself(), [
        { op: 'plant', node: { id, kind, parent, owner: null, inherit: 'open', name: `The ${id}` } },
      ]),
    ask: (caller: Caller, source: string) => ask(house.parts('forest').graph!.schema, caller, source),
    /** Ends the house and leaves its database standing. */
    async stop() {
      await pool.end();
      await house.stop();
    },
    async close() {
      await pool.end();
      await house.close();
    },
  };
}

export type ForestHouse = Awaited<ReturnType<typeof startForestHouse>>;

interface Answer {
  readonly data: Record<string, Record<string, unknown>> | null | undefined;
  readonly code: string | undefined;
}

async function ask(schema: Parameters<typeof graphql>[0]['schema'], caller: Caller, source: string): Promise<Answer> {
  const memory = new Map<string, unknown>();
  const loaders = {
    get<T>(key: string, make: () => T): T {
      if (!memory.has(key)) memory.set(key, make());
      return memory.get(key) as T;
    },
  };
  const contextValue = { caller, signal: new AbortController().signal, noteRevision() {}, loaders };
  const result = await graphql({ schema, source, contextValue });
  const error = result.errors?.[0];
  return {
    data: result.data as Record<string, Record<string, unknown>> | null | undefined,
    code: (error?.extensions.code ?? error?.message) as string | undefined,
  };
}
