import { createApi } from '#src/api.ts';
import { exitCodes } from '#src/failure.ts';
import type { Output } from '#src/output.ts';

interface ListenerRow {
  readonly consumer: string;
  readonly behind: number;
  readonly oldestSeconds: number;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly lastHadSeconds: number;
}

interface LetterRow {
  readonly id: string;
  readonly consumer: string;
  readonly type: string;
  readonly key: string;
  readonly error: string;
  readonly attempts: number;
  readonly at: string;
}

/** `steading events lag`: how far each listener of the house has come. */
export async function lag(out: Output): Promise<void> {
  const { eventListeners } = await createApi().graph<{ eventListeners: ListenerRow[] }>(
    '{ eventListeners { consumer behind oldestSeconds waiting deadLetters lastHadSeconds } }',
  );
  out.data(eventListeners);
  out.table(
    ['listener', 'behind', 'oldest', 'tried again', 'given up'],
    eventListeners.map((each) => [
      each.consumer,
      String(each.behind),
      each.behind > 0 ? `${each.oldestSeconds} s` : '',
      String(each.waiting),
      String(each.deadLetters),
    ]),
  );
}

/** `steading events dead`: events that a listener gave up, the newest first. */
export async function dead(out: Output): Promise<void> {
  const letters = await readDead();
  out.data(letters);
  if (letters.length === 0) return out.line('No event was given up.');
  out.table(
    ['id', 'listener', 'event', 'key', 'at', 'why'],
    letters.map(({ id, consumer, type, key, at, error, attempts }) => [
      ...[id, consumer, type, key, at],
      `${error} (${attempts} tries)`,
    ]),
  );
  out.line('Mend the cause, then: steading events replay <id>');
}

/** `steading events replay`: lets their listeners try given-up events again. */
export function replay(ids: readonly string[], options: { all?: boolean }, out: Output): Promise<void> {
  return each('replay', ids, options, out);
}

/** `steading events discard`: forgets given-up events. */
export function discard(ids: readonly string[], options: { all?: boolean }, out: Output): Promise<void> {
  return each('discard', ids, options, out);
}

async function each(
  deed: 'replay' | 'discard',
  named: readonly string[],
  { all }: { all?: boolean },
  out: Output,
): Promise<void> {
  const api = createApi();
  const ids = all ? (await readDead()).map(({ id }) => id) : named;
  const field = `${deed}DeadLetter`;
  const failed: { id: string; message: string }[] = [];
  for (const id of ids) {
    try {
      await api.graph(`mutation ($id: ID!) { ${field}(id: $id) }`, { id });
      out.line(`${id} ${deed === 'replay' ? 'is tried again' : 'is discarded'}.`);
    } catch (error) {
      failed.push({ id, message: (error as Error).message });
      out.line(`${id}: ${(error as Error).message}`);
    }
  }
  if (ids.length === 0)
    out.line(all ? 'No event was given up.' : 'Name events by their id (steading events dead), or --all.');
  out.data({ done: ids.filter((id) => !failed.some((one) => one.id === id)), failed });
  if (failed.length > 0 || (ids.length === 0 && !all)) process.exitCode = exitCodes.failed;
}

async function readDead(): Promise<LetterRow[]> {
  const { deadLetters } = await createApi().graph<{ deadLetters: LetterRow[] }>(
    '{ deadLetters { id consumer type key error attempts at } }',
  );
  return deadLetters;
}
