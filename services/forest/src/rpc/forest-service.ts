import { create, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { fromOperation } from '@steading/access';
import {
  ChangeSchema,
  ChangesResponseSchema,
  ForestService,
  type Operation,
  OperationSchema,
  SnapshotResponseSchema,
  WriteResponseSchema,
} from '@steading/contracts/rpc/forest';
import type { ForestOp } from '@steading/forest';
import { callerOf, implement } from '@steading/rpc';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { oldestLogged, readHead, readLog } from '#src/forest-db.ts';
import type { ForestStore } from '#src/store.ts';

const operationsAChunk = 5_000;
const changesAPage = 500;

/** The contract that replicas live on. Its callers are services, which have checked who asks them. */
export function forestRpc(deps: ForestDeps, store: ForestStore) {
  return implement(ForestService, {
    async write(request, context) {
      const ops = request.operations.map(known);
      return create(WriteResponseSchema, { revision: BigInt(await store.write(callerOf(context), ops)) });
    },
    async *snapshot() {
      const { revision, operations } = await store.snapshot();
      for (let at = 0; at === 0 || at < operations.length; at += operationsAChunk) {
        yield create(SnapshotResponseSchema, {
          revision: BigInt(revision),
          operations: operations.slice(at, at + operationsAChunk),
        });
      }
    },
    async changes(request) {
      const after = Number(request.afterRevision);
      const head = (await deps.db.first(readHead))?.revision ?? 0;
      const oldest = (await deps.db.first(oldestLogged))?.revision ?? head + 1;
      const gap = after > head || (after < head && after + 1 < oldest);
      const rows = gap ? [] : await deps.db.all(readLog, after, changesAPage);
      const changes = rows.map((row) =>
        create(ChangeSchema, {
          revision: BigInt(row.revision),
          operations: row.operations.map((each) => fromJson(OperationSchema, each as JsonValue)),
        }),
      );
      return create(ChangesResponseSchema, { changes, gap, revision: BigInt(head) });
    },
  });
}

/** A writer's operation; one that is newer than this version would be lost, so it is refused. */
function known(operation: Operation): ForestOp {
  const op = fromOperation(operation);
  if (!op) throw fail('forest.unknown-operation');
  return op;
}
