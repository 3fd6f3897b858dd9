/**
 * The one place where the forest is changed. A change is checked by an engine that stands at the newest revision, then
 * written to the log; both happen under the lock of the head row, so revisions have no gaps and no two changes cross.
 * The engine may be ahead of the database only while such a transaction is open: when it fails, the engine is made anew.
 */
import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { fromOperation, toOperation } from '@steading/access';
import { Audited } from '@steading/contracts/audit-events';
import { ForestChanged } from '@steading/contracts/forest-events';
import { type Operation, OperationSchema } from '@steading/contracts/rpc/forest';
import type { Reader, Writer } from '@steading/db';
import { createForest, type Forest, type ForestOp, ForestRefusal, type KindDefinition } from '@steading/forest';
import type { Caller } from '@steading/kit';
import type { z } from 'zod';
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

export function createStore(deps: Pick<ForestDeps, 'db' | 'bus'> & { kinds: readonly KindDefinition[] }): ForestStore {
  const { db, bus, kinds } = deps;
  let engine: { forest: Forest; revision: number } | undefined;

  /** Brings the engine to the head. The caller holds the head's lock. */
  async function engineAt(tx: Reader, head: number): Promise<Forest> {
    if (!engine || engine.revision > head) engine = await fromCheckpoint(tx, kinds);
    while (engine.revision < head) {
      for (const { revision, operations } of await tx.all(readLog, engine.revision, pageSize)) {
        engine.forest.apply(fromStored(operations));
        engine.revision = revision;
      }
    }
    return engine.forest;
  }

  async function writeIn(tx: Writer, caller: Caller, ops: readonly ForestOp[]): Promise<number> {
    const head = (await tx.first(lockHead))?.revision ?? 0;
    const forest = await engineAt(tx, head);
    const doomed = ops.flatMap((op) => (op.op === 'remove' ? forest.subtree(op.node) : []));
    try {
      forest.apply(ops);
    } catch (error) {
      if (error instanceof ForestRefusal) throw fail('forest.refused', { why: error.message }, error);
      throw error;
    }
    const revision = head + 1;
    if (engine) engine.revision = revision;
    const stored = ops.map((op) => toJson(OperationSchema, toOperation(op)));
    await tx.run(appendLog, revision, caller.principal, caller.requestId, JSON.stringify(stored));
    await tx.run(moveHead, revision);
    const planted = ops.flatMap((op) => (op.op === 'plant' ? [op.node] : []));
    if (planted.length > 0)
      await tx.run(
        addPlanted,
        planted.map((node) => node.id),
        planted.map((node) => node.kind),
      );
    if (doomed.length > 0) await tx.run(dropPlanted, doomed);
    await bus.emit(tx, ForestChanged, { key: 'forest', caller, data: { revision } });
    return revision;
  }

  return {
    async write(caller, ops, audited = []) {
      try {
        return await db.write(async (tx) => {
          const revision = await writeIn(tx, caller, ops);
          for (const data of audited) await bus.emit(tx, Audited, { key: data.node, caller, data });
          return revision;
        });
      } catch (error) {
        engine = undefined;
        throw error;
      }
    },
    snapshot: () =>
      db.write(async (tx) => {
        const head = (await tx.first(lockHead))?.revision ?? 0;
        const forest = await engineAt(tx, head);
        return { revision: head, operations: [...forest.snapshot()].map(toOperation) };
      }),
  };
}

async function fromCheckpoint(
  tx: Reader,
  kinds: readonly KindDefinition[],
): Promise<{ forest: Forest; revision: number }> {
  const forest = createForest({ kinds });
  const revision = (await tx.first(newestCheckpoint))?.revision ?? 0;
  for (let chunk = 0; revision > 0; chunk++) {
    const row = await tx.first(readCheckpoint, revision, chunk);
    if (!row) break;
    forest.apply(fromStored(row.operations));
  }
  return { forest, revision };
}

function fromStored(operations: StoredOperations): ForestOp[] {
  return operations
    .map((each) => fromOperation(fromJson(OperationSchema, each as JsonValue)))
    .filter((op): op is ForestOp => op !== undefined);
}
