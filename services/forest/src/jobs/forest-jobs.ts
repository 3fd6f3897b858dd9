import { create, toJson } from '@bufbuild/protobuf';
import { KnownRequestSchema, NodeOwnerService, OperationSchema } from '@steading/contracts/rpc/forest';
import { newRequestId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import type { Job } from '@steading/service';
import type { ForestDeps } from '#src/deps.ts';
import { addCheckpoint, dropCheckpoints, dropLog, listPlanted, lockHead, newestCheckpoint } from '#src/forest-db.ts';
import type { ForestStore } from '#src/store.ts';

const pageSize = 500;
const operationsAChunk = 2_000;
const graceMs = 3_600_000;
/** A checkpoint is worth its writing after this many changes; replicas that are further behind read it whole. */
const changesBetweenCheckpoints = 2_000;

export function forestJobs(deps: ForestDeps, store: ForestStore): Job[] {
  return [
    { name: 'forest.remove-orphans', cron: '23 * * * *', run: (signal) => removeOrphans(deps, store, signal) },
    { name: 'forest.checkpoint', cron: '47 * * * *', run: () => checkpoint(deps, store) },
  ];
}

/**
 * Removes nodes that were planted more than an hour ago and that their service denies knowing: its row was never
 * written. A service that cannot be asked denies nothing.
 */
export async function removeOrphans(deps: ForestDeps, store: ForestStore, signal: AbortSignal): Promise<void> {
  const before = new Date(deps.clock.now() - graceMs);
  const owners = new Map(
    deps.catalogue.flatMap((service) => (service.kinds ?? []).map((kind) => [kind.kind, service] as const)),
  );
  for (let after = ''; !signal.aborted; ) {
    const rows = await deps.db.all(listPlanted, before, after, pageSize);
    if (rows.length === 0) return;
    after = rows.at(-1)?.node ?? '';
    for (const [kind, ids] of byKind(rows)) {
      const owner = owners.get(kind);
      if (!owner?.rpc?.some((contract) => contract.typeName === NodeOwnerService.typeName)) continue;
      const known = await ask(deps, owner.name, ids);
      const orphans = known ? ids.filter((id) => !known.has(id)) : [];
      for (const node of orphans) {
        deps.log.warn({ node, kind }, 'removing a node that its service does not know');
        await store.write(serviceCaller('forest', newRequestId()), [{ op: 'remove', node }]);
      }
    }
  }
}

async function ask(deps: ForestDeps, service: string, ids: readonly string[]): Promise<Set<string> | undefined> {
  try {
    const client = deps.rpc.client(NodeOwnerService, service);
    const answer = await client.known(
      create(KnownRequestSchema, { ids: [...ids] }),
      as(serviceCaller('forest', newRequestId())),
    );
    return new Set(answer.ids);
  } catch (error) {
    deps.log.warn({ err: error, service }, 'a service could not be asked which nodes it knows');
    return undefined;
  }
}

function byKind(rows: readonly { node: string; kind: string }[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { node, kind } of rows) found.set(kind, [...(found.get(kind) ?? []), node]);
  return found;
}

/** Writes the forest as it is, so that a start and the log stay short. */
export async function checkpoint(deps: ForestDeps, store: ForestStore): Promise<void> {
  const { revision, operations } = await store.snapshot();
  const last = (await deps.db.first(newestCheckpoint))?.revision ?? 0;
  if (revision - last < changesBetweenCheckpoints) return;
  await deps.db.write(async (tx) => {
    // Who reads a checkpoint holds this lock as well: nobody sees half of one.
    await tx.first(lockHead);
    for (let chunk = 0; chunk * operationsAChunk < operations.length; chunk++) {
      const part = operations.slice(chunk * operationsAChunk, (chunk + 1) * operationsAChunk);
      await tx.run(
        addCheckpoint,
        revision,
        chunk,
        JSON.stringify(part.map((operation) => toJson(OperationSchema, operation))),
      );
    }
    await tx.run(dropCheckpoints, revision);
    await tx.run(dropLog, last);
  });
}
