import { LiveService } from '@steading/contracts/rpc/live';
import { type Caller, createLog, systemClock } from '@steading/kit';
import { createAssertions } from '#src/assertions.ts';
import { createRpc } from '#src/create-rpc.ts';
import { createInternalDoor } from '#src/internal-door.ts';
import type { RpcClients, RpcImplementation } from '#src/rpc.ts';

export const log = createLog({ level: 'silent' });
export const offers = new Map([[LiveService.typeName, ['deploy', 'compute']]]);
export const ada: Caller = {
  kind: 'user',
  principal: 'user:usr_ada',
  requestId: 'req_1',
  session: 'ses_1',
  revision: 7,
};

/** An asker and a service, in one process or in two; the same suite runs over each. */
export interface Pair {
  readonly clients: RpcClients;
  stop(): Promise<void>;
}

export type MakePair = (offered: Readonly<Record<string, readonly RpcImplementation[]>>) => Promise<Pair>;

export const inMemory: MakePair = async (offered) => {
  const rpc = createRpc({ log, clock: systemClock, offers });
  for (const [service, implementations] of Object.entries(offered)) rpc.register(service, implementations);
  return { clients: rpc.clients, stop: rpc.stop };
};

export const overHttp2: MakePair = async (offered) => {
  const assertion = createAssertions({ clock: systemClock });
  const asked = createRpc({ log, clock: systemClock, offers });
  for (const [service, implementations] of Object.entries(offered)) asked.register(service, implementations);
  const door = await createInternalDoor({
    rpc: asked,
    port: 0,
    log,
    verify: assertion.verify,
    http: async () => new Response(null, { status: 404 }),
  });
  const peers = new Map(Object.keys(offered).map((service) => [service, door.url]));
  const asker = createRpc({ log, clock: systemClock, offers, peers, assertion });
  return {
    clients: asker.clients,
    async stop() {
      await asker.stop();
      await door.stop(AbortSignal.timeout(1000));
    },
  };
};
