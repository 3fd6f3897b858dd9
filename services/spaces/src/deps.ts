import type { Client } from '@connectrpc/connect';
import type { Access } from '@steading/access';
import type { Bus } from '@steading/bus';
import type { IdentityService } from '@steading/contracts/rpc/identity';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';

/** What every part of this service stands on; made once for each house. */
export interface SpacesDeps {
  readonly db: Database;
  readonly bus: Bus;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Client<typeof IdentityService>;
}
