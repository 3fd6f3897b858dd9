import type { Access, ForestView } from '@steading/access';
import type { Bus } from '@steading/bus';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import type { RpcClients } from '@steading/rpc';
import type { ServiceDefinition } from '@steading/service';

export interface ForestDeps {
  readonly db: Database;
  readonly bus: Bus;
  readonly rpc: RpcClients;
  readonly access: Access & ForestView;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalogue: readonly ServiceDefinition[];
}
