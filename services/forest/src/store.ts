/**
 * The one place where the forest is changed. A change is checked by an engine that stands at the newest revision, then
 * written to the log; both happen under the lock of the head row, so revisions have no gaps and no two changes cross.
 * The engine may be ahead of the database only while such a transaction is open: when it fails, the engine is made anew.
 * A refusal leaves the engine as it was, so that refusals are cheap.
 */
import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { fromOperation, toOperation } from '@steading/access';
import { Audited } from '@steading/contracts/audit-events';
import { ForestChanged } from '@steading/contracts/forest-events';
import { type Operation, OperationSchema } from '@steading/contracts/rpc/forest';
import type { Reader, Writer } from '@steading/db';
import { createForest, type Forest, type ForestOp, ForestRefusal, type KindDefinition } from '@steading/forest';
import { bug, type Caller } from '@steading/kit';
import type { z } from 'zod';
import { checkOperations } from '#src/checked-operations.ts';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import {
  addPlanted,
  appendLog,
  dropPlanted,
  lockHead,
  moveHead,
  newestCheckpoint,
  readCheckpoint,
  readLog,
  type StoredOperations,
} from '#src/forest-db.ts';

export interface ForestStore {
  /** Resolves with the new revision. @throws forest.refused, with nothing changed */
  write(caller: Caller, ops: readonly ForestOp[], audited?: readonly AuditData[]): Promise<number>;
  /** The whole forest at one revision. */
  snapshot(): Promise<{ revision: number; operations: Operation[] }>;
}

export type AuditData = z.infer<typeof Audited.schema>;

const pageSize = 500;

export interface StoreOptions extends Pick<ForestDeps, 'db' | 'bus' | 'clock'> {
  readonly kinds: readonly KindDefinition[];
}

interface Engine {
  readonly forest: Forest;
  revision: number;
  /** Changed in a transaction that has not committed: of no use unless it does. */
  ahead: boolean;
}

export function createStore({ db, bus, clock, kinds }: StoreOptions): ForestStore {
  let engine: Engine | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One transaction of this process at a time: the engine is one, and who waits takes no connection. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  /** Brings the engine to the head. The caller holds the head's lock. */
  async function engineAt(tx: Reader, head: number): Promise<Engine> {
    if (!engine || engine.ahead || engine.revision > head) engine = await fromCheckpoint(tx, kinds);
    while (engine.revision < head) {
      const rows = await tx.all(readLog, engine.revision, pageSize);
      if (rows.length === 0) bug(`the log of the forest ends at revision ${engine.revision}, before its head ${head}`);
      for (const { revision, operations } of rows) {
        if (revision !== engine.revision + 1) bug(`the log of the forest has no revision ${engine.revision + 1}`);
        engine.forest.apply(fromStored(operations));
        engine.revision = revision;
      }
    }
    return engine;
  }

  async function writeIn(tx: Writer, caller: Caller, ops: readonly ForestOp[]): Promise<number> {
    const head = (await tx.first(lockHead))?.revision ?? 0;
    const at = await engineAt(tx, head);
    const { forest } = at;
    const touched = ops.flatMap((op) => (op.op === 'remove' || op.op === 'move' ? forest.subtree(op.node) : []));
    try {
      forest.apply(ops);
    } catch (error) {
      if (error instanceof ForestRefusal) throw fail('forest.refused', { why: error.message }, error);
      throw error;
    }
    at.ahead = true;
    const revision = head + 1;
    at.revision = revision;
    const stored = ops.map((op) => toJson(OperationSchema, toOperation(op)));
    await tx.run(appendLog, revision, caller.principal, caller.requestId, JSON.stringify(stored));
    await tx.run(moveHead, revision);
    await notePlanted(tx, forest, ops, touched);
    await bus.emit(tx, ForestChanged, { key: 'forest', caller, data: { revision } });
    return revision;
  }

  return {
    write: (caller, ops, audited = []) =>
      inTurn(async () => {
        checkOperations(kinds, ops, clock.now());
        const revision = await db.write(async (tx) => {
          const made = await writeIn(tx, caller, ops);
          for (const data of audited) await bus.emit(tx, Audited, { key: data.node, caller, data });
          return made;
        });
        if (engine) engine.ahead = false;
        return revision;
      }),
    snapshot: () =>
      inTurn(() =>
        db.write(async (tx) => {
          const head = (await tx.first(lockHead))?.revision ?? 0;
          const { forest } = await engineAt(tx, head);
          return { revision: head, operations: [...forest.snapshot()].map(toOperation) };
        }),
      ),
  };
}

/** Remembers what came to stand and forgets what no longer does, however the list brought that about. */
async function notePlanted(
  tx: Writer,
  forest: Forest,
  ops: readonly ForestOp[],
  touched: readonly string[],
): Promise<void> {
  const planted = ops.flatMap((op) => (op.op === 'plant' && forest.node(op.node.id) ? [op.node] : []));
  const named = ops.flatMap((op) => (op.op === 'remove' ? [op.node] : []));
  const gone = [...new Set([...touched, ...named])].filter((id) => !forest.node(id));
  const [ids, kinds] = [planted.map((node) => node.id), planted.map((node) => node.kind)];
  if (ids.length > 0) await tx.run(addPlanted, ids, kinds);
  if (gone.length > 0) await tx.run(dropPlanted, gone);
}

async function fromCheckpoint(tx: Reader, kinds: readonly KindDefinition[]): Promise<Engine> {
  const forest = createForest({ kinds });
  const revision = (await tx.first(newestCheckpoint))?.revision ?? 0;
  for (let chunk = 0; revision > 0; chunk++) {
    const row = await tx.first(readCheckpoint, revision, chunk);
    if (!row) break;
    forest.load(fromStored(row.operations));
  }
  return { forest, revision, ahead: false };
}

function fromStored(operations: StoredOperations): ForestOp[] {
  return operations
    .map((each) => fromOperation(fromJson(OperationSchema, each as JsonValue)))
    .filter((op): op is ForestOp => op !== undefined);
}
