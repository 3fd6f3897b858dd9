import { statement } from '@steading/db';

export type StoredOperations = readonly Record<string, unknown>[];

export const lockHead = statement<[], { revision: number }>(
  'forest.lockHead',
  'select revision from forest.head for update',
);
export const readHead = statement<[], { revision: number }>('forest.readHead', 'select revision from forest.head');
export const moveHead = statement<[revision: number]>('forest.moveHead', 'update forest.head set revision = $1');

export const appendLog = statement<[revision: number, actor: string, requestId: string, operations: string]>(
  'forest.appendLog',
  'insert into forest.log (revision, actor, request_id, operations) values ($1, $2, $3, $4::jsonb)',
);
export const readLog = statement<[after: number, limit: number], { revision: number; operations: StoredOperations }>(
  'forest.readLog',
  'select revision, operations from forest.log where revision > $1 order by revision limit $2',
);
export const oldestLogged = statement<[], { revision: number | null }>(
  'forest.oldestLogged',
  'select min(revision) as revision from forest.log',
);

export const newestCheckpoint = statement<[], { revision: number | null }>(
  'forest.newestCheckpoint',
  'select max(revision) as revision from forest.checkpoint',
);
export const readCheckpoint = statement<[revision: number, chunk: number], { operations: StoredOperations }>(
  'forest.readCheckpoint',
  'select operations from forest.checkpoint where revision = $1 and chunk = $2',
);
export const addCheckpoint = statement<[revision: number, chunk: number, operations: string]>(
  'forest.addCheckpoint',
  'insert into forest.checkpoint (revision, chunk, operations) values ($1, $2, $3::jsonb)',
);
export const dropCheckpoints = statement<[before: number]>(
  'forest.dropCheckpoints',
  'delete from forest.checkpoint where revision < $1',
);
export const dropLog = statement<[through: number]>('forest.dropLog', 'delete from forest.log where revision <= $1');

export const addPlanted = statement<[nodes: readonly string[], kinds: readonly string[]]>(
  'forest.addPlanted',
  'insert into forest.planted (node, kind) select * from unnest($1::text[], $2::text[]) on conflict do nothing',
);
export const dropPlanted = statement<[nodes: readonly string[]]>(
  'forest.dropPlanted',
  'delete from forest.planted where node = any($1::text[])',
);
/** Nodes planted before a time, after a node in id order. */
export const listPlanted = statement<[before: Date, after: string, limit: number], { node: string; kind: string }>(
  'forest.listPlanted',
  'select node, kind from forest.planted where planted_at < $1 and node > $2 order by node limit $3',
);
