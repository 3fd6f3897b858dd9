import type { Access } from '@steading/access';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import type { ServiceContext } from '@steading/service';

export interface ObserveDeps {
  readonly db: Database;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly deadLetters: ServiceContext['deadLetters'];
  readonly lag: ServiceContext['lag'];
  readonly doors: ServiceContext['doors'];
  readonly backups: ServiceContext['backups'];
  /** Aborted when the house stops. */
  readonly signal: AbortSignal;
  readonly auditDays: number;
  /** Under which the audit trail is chained. */
  readonly auditKey: Buffer;
}
