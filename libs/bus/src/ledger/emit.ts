import type { Writer } from '@steading/db';
import { type Caller, newId } from '@steading/kit';
import type { EventDefinition } from '#src/event.ts';
import { appendEvent, notifyTail } from '#src/ledger/ledger-db.ts';

/** Writes an event to the ledger in the given transaction; `say` sees to it that readers are woken by its commit. */
export async function emit<Data>(
  tx: Writer,
  source: string,
  definition: EventDefinition<string, Data>,
  told: { key: string; caller: Caller; data: Data },
  say: (tx: Writer) => Promise<unknown> = (writer) => writer.all(notifyTail),
): Promise<void> {
  const data = definition.schema.parse(told.data);
  const { caller } = told;
  await tx.run(
    appendEvent,
    newId('evt'),
    source,
    definition.type,
    definition.version,
    told.key,
    caller.requestId,
    caller.principal,
    JSON.stringify(data),
  );
  await say(tx);
}
