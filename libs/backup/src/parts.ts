import type { SchemaMigrations, Writer } from '@steading/db';

/** What a house consists of, as far as a back-up is concerned; made from its services by the starter. */
export interface HouseParts {
  readonly version: string;
  readonly schemas: readonly BackedSchema[];
  readonly folders: readonly BackedFolder[];
}

export interface BackedSchema extends SchemaMigrations {
  /** Called in the transaction of a restore, after its rows are back: takes away what must not come back alive. */
  readonly restored?: Restored;
}

export type Restored = (tx: Writer, told: RestoreTold) => Promise<void>;

export interface RestoreTold {
  /** Of the back-up, and the moment that it shows. */
  readonly name: string;
  readonly takenAt: string;
  /** Whether sessions and tokens stay: only where nothing was revoked since the back-up. */
  readonly keepSignIns: boolean;
}

export interface BackedFolder {
  /** In the data folder: the name of a service. */
  readonly path: string;
  /**
   * Folders in it whose entries appear whole under their name and never change: taken before the database, and what
   * came meanwhile after it, so that nothing that the database names is missing.
   */
  readonly immutable?: readonly string[];
  /** Paths in it that are not taken; `*` stands for one name. */
  readonly leaveOut?: readonly string[];
}
