import type { Client } from '@connectrpc/connect';
import type { Bus, HouseEvent } from '@steading/bus';
import { PersonRegistered } from '@steading/contracts/identity-events';
import type { IdentityService } from '@steading/contracts/rpc/identity';
import { createDatabase, createPool, migrate } from '@steading/db';
import { defineKind } from '@steading/forest';
import { anonymous, type Caller, createLog, newId, newRequestId } from '@steading/kit';
import type { ServiceContext, ServiceParts } from '@steading/service';
import { callerFor, createForestAccess, createTestClock, createTestDatabase } from '@steading/testkit';
import { graphql } from 'graphql';
import { spaceKind } from '#src/kinds.ts';
import { spacesService } from '#src/service.ts';

const platformKind = defineKind({
  kind: 'platform',
  service: 'forest',
  readAbout: 'platform.read-about',
  privileges: {
    'platform.read-about': { text: 'know it', roles: ['owner', 'member'] },
    'platform.create-space': { text: 'make spaces', roles: ['owner', 'member'] },
  },
});

/** This service over a real database; the people it asks for are a list. */
export async function startSpaces() {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent' });
  const pool = createPool({ url: database.url, max: 6, log });
  await migrate(pool, { schema: 'spaces', folder: spacesService.migrations!, log });
  const clock = createTestClock();
  const access = createForestAccess([platformKind, spaceKind], () => clock.now());
  await access.write(anonymous('req_test'), [
    {
      op: 'plant',
      node: { id: 'platform', kind: 'platform', parent: null, owner: null, inherit: 'open', name: 'House' },
    },
    { op: 'grant', node: 'platform', principal: 'signed-in', role: 'member' },
  ]);
  const told: string[] = [];
  const people = new Map<string, { id: string; name: string; email: string }>();
  const db = createDatabase(pool, { log });
  const identity = identityOf(people);
  const context = {
    db,
    access,
    bus: recordingBus(told),
    clock,
    log,
    rpc: { client: () => identity },
  };
  const parts: ServiceParts = await spacesService.create(context as unknown as ServiceContext);
  await parts.start?.();
  return {
    parts,
    access,
    pool,
    /** Somebody with an account. */
    person(name: string) {
      const caller = callerFor();
      people.set(caller.userId, { id: caller.userId, name, email: `${name.toLowerCase()}@example.org` });
      return caller;
    },
    /** Who registers by an invitation, as the listener hears of it. */
    async registers(email: string, proven = true) {
      const caller = callerFor();
      const data = { userId: caller.userId, name: 'New', email, emailVerified: proven };
      const event: HouseEvent = {
        id: newId('evt'),
        source: 'identity',
        type: PersonRegistered.type,
        version: 1,
        key: caller.userId,
        time: new Date().toISOString(),
        requestId: newRequestId(),
        actor: caller.principal,
        data,
      };
      await db.write((tx) => parts.listeners![0]!.handle(event, tx));
      return caller;
    },
    graph: (caller: Caller, source: string, variables: Record<string, unknown> = {}) =>
      ask(parts, caller, source, variables),
    take: () => told.splice(0),
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

export type SpacesHouse = Awaited<ReturnType<typeof startSpaces>>;

function identityOf(people: ReadonlyMap<string, { id: string; name: string; email: string }>) {
  const found = (person: { id: string; name: string; email: string }) => ({ ...person, state: 'active' });
  return {
    findByEmail: async ({ email = '' }) => {
      const person = [...people.values()].find((one) => one.email === email.toLowerCase());
      return person ? { person: found(person) } : {};
    },
    getPeople: async ({ ids = [] as string[] }) => ({
      people: ids.flatMap((id) => people.get(id) ?? []).map(found),
    }),
    inviteToRegister: async () => ({ link: 'http://localhost:4600/register#token', mailed: false }),
    sendMail: async () => ({}),
  } as unknown as Client<typeof IdentityService>;
}

function recordingBus(told: string[]): Bus {
  return {
    async emit(tx, event, { data }) {
      const checked = event.schema.parse(data) as Record<string, unknown>;
      tx.afterCommit(() => void told.push(String(checked.action ?? event.type)));
    },
    broadcast: () => ({ stop: async () => {} }),
  };
}

async function ask(parts: ServiceParts, caller: Caller, source: string, variables: Record<string, unknown>) {
  const memory = new Map<string, unknown>();
  const loaders = {
    get<T>(key: string, make: () => T): T {
      if (!memory.has(key)) memory.set(key, make());
      return memory.get(key) as T;
    },
  };
  const contextValue = { caller, signal: new AbortController().signal, noteRevision() {}, loaders };
  const result = await graphql({ schema: parts.graph!.schema, source, variableValues: variables, contextValue });
  const error = result.errors?.[0];
  const code = (error?.extensions.code ?? error?.message) as string | undefined;
  return { data: result.data as unknown as Record<string, Record<string, never>>, code };
}
