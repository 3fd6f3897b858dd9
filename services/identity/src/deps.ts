import type { Access } from '@steading/access';
import type { Bus } from '@steading/bus';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import type { HouseSettings } from '@steading/service';
import type { KnownPeople } from '#src/known-people.ts';
import type { Limits } from '#src/limits.ts';
import type { Mailer } from '#src/mailer.ts';
import type { PasswordHasher } from '#src/password-hasher.ts';

/** What every part of this service stands on; made once for each house. */
export interface IdentityDeps {
  readonly db: Database;
  readonly bus: Bus;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly house: HouseSettings;
  readonly people: KnownPeople;
  readonly hasher: PasswordHasher;
  readonly mailer: Mailer;
  readonly limits: Limits;
  readonly commonPasswords: ReadonlySet<string>;
  readonly registration: 'invitation' | 'closed';
}
