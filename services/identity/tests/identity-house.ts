import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createContextValues, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { Bus, HouseEvent } from '@steading/bus';
import { type IdentityService, InviteToRegisterRequestSchema } from '@steading/contracts/rpc/identity';
import { createDatabase, createPool, migrate } from '@steading/db';
import { defineKind } from '@steading/forest';
import { anonymous, type Caller, createLog, loadConfig, newRequestId } from '@steading/kit';
import { createLimits } from '@steading/limits';
import { callerKey } from '@steading/rpc';
import { createRouter, type HouseSettings, type ServiceContext, type ServiceParts } from '@steading/service';
import { createForestAccess, createTestClock, createTestDatabase } from '@steading/testkit';
import { graphql } from 'graphql';
import { config } from '#src/config.ts';
import { sha256 } from '#src/random-tokens.ts';
import { identityService } from '#src/service.ts';

const all = ['read-about', 'read-people', 'invite', 'create-space', 'admin'];
const platformKind = defineKind({
  kind: 'platform',
  service: 'forest',
  readAbout: 'platform.read-about',
  privileges: Object.fromEntries(
    all.map((name) => [
      `platform.${name}`,
      {
        text: name,
        roles: name === 'create-space' || name === 'read-about' ? ['owner', 'admin', 'member'] : ['owner', 'admin'],
      },
    ]),
  ),
});

export interface Told {
  readonly type: string;
  readonly actor: string;
  readonly data: Record<string, unknown>;
}

/** This service over a real database, with the events it tells and the mails it writes to the log. */
export async function startIdentity(env: Record<string, string> = {}) {
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent' });
  const pool = createPool({ url: database.url, max: 6, log });
  await migrate(pool, { schema: 'identity', folder: identityService.migrations!, log });
  const dataDir = mkdtempSync(join(tmpdir(), 'steading-identity-'));
  const clock = createTestClock();
  const access = createForestAccess([platformKind], () => clock.now());
  await access.write(anonymous('req_test'), [
    {
      op: 'plant',
      node: { id: 'platform', kind: 'platform', parent: null, owner: null, inherit: 'open', name: 'House' },
    },
    { op: 'grant', node: 'platform', principal: 'signed-in', role: 'member' },
  ]);
  const told: Told[] = [];
  const lines: string[] = [];
  const stopping = new AbortController();
  const house: HouseSettings = {
    version: '1.2.3',
    publicUrl: env.PUBLIC_URL ?? 'http://localhost:4600',
    appsDomain: 'localhost:4600',
    dataDir,
    key: (purpose) => sha256(`test ${purpose}`),
  };
  const db = createDatabase(pool, { log });
  const context = {
    limits: createLimits({ db, clock, log, shared: false }),
    config: loadConfig(config, env),
    house,
    log: createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
    clock,
    signal: stopping.signal,
    db,
    bus: recordingBus(told),
    access,
  } as unknown as ServiceContext<typeof config>;
  const parts: ServiceParts = await identityService.create(context);
  await parts.start?.();
  return {
    ...ways(parts),
    context,
    parts,
    clock,
    told,
    lines,
    dataDir,
    access,
    pool,
    async close() {
      stopping.abort();
      await parts.stop?.(stopping.signal);
      await pool.end();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type IdentityHouse = Awaited<ReturnType<typeof startIdentity>>;

function recordingBus(told: Told[]): Bus {
  return {
    async emit(tx, event, { caller, data }) {
      const checked = event.schema.parse(data) as HouseEvent['data'];
      const one = { type: event.type, actor: caller.principal, data: checked as Record<string, unknown> };
      tx.afterCommit(() => void told.push(one));
    },
    broadcast: () => ({ stop: async () => {} }),
  };
}

function ways(parts: ServiceParts) {
  const router = createRouter(parts.http ?? []);
  let addresses = 0;
  const visitor = (address = `192.0.2.${(addresses++ % 250) + 1}`): Caller =>
    anonymous(newRequestId(), { address, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0' });
  return {
    visitor,
    /** As another service asks, for this person. */
    async invite(caller: Caller, request: { email: string; toWhat: string; returnPath: string }) {
      const { inviteToRegister } = parts.rpc![0]!.methods as unknown as ServiceImpl<typeof IdentityService>;
      const values = createContextValues().set(callerKey, caller);
      return inviteToRegister(create(InviteToRegisterRequestSchema, request), { values } as HandlerContext);
    },
    async post(path: string, body: unknown, caller: Caller = visitor()) {
      const request = new Request(`http://localhost:4600${path}`, { method: 'POST', body: JSON.stringify(body) });
      return answerOf(await router.handle(request, caller));
    },
    async get(path: string, options: { caller?: Caller; cookie?: string } = {}) {
      const headers: Record<string, string> = options.cookie ? { cookie: options.cookie } : {};
      const request = new Request(`http://localhost:4600${path}`, { headers });
      return answerOf(await router.handle(request, options.caller ?? visitor()));
    },
    async graph(caller: Caller, source: string, variables: Record<string, unknown> = {}) {
      const memory = new Map<string, unknown>();
      const result = await graphql({
        schema: parts.graph!.schema,
        source,
        variableValues: variables,
        contextValue: {
          caller,
          signal: new AbortController().signal,
          noteRevision() {},
          loaders: {
            get<T>(key: string, make: () => T): T {
              if (!memory.has(key)) memory.set(key, make());
              return memory.get(key) as T;
            },
          },
        },
      });
      const code = result.errors?.[0]?.extensions.code as string | undefined;
      return { data: result.data as Record<string, never> | null | undefined, code, errors: result.errors };
    },
  };
}

async function answerOf(response: Response) {
  const text = await response.text();
  const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, never> & { error?: { code: string } };
  const cookies = response.headers.getSetCookie();
  const session = cookies.find((one) => /^(__Host-)?steading_session=/.test(one));
  return {
    status: response.status,
    body,
    code: body.error?.code,
    cookies,
    location: response.headers.get('location'),
    token: session?.split(';')[0]?.split('=')[1] ?? '',
  };
}
