/** The output of an app's instances, as compute keeps it. */
import type { CallOptions, Client } from '@connectrpc/connect';
import type { ComputeService } from '@steading/contracts/rpc/compute';

export interface AppLogLine {
  readonly position: number;
  readonly at: string;
  readonly stream: string;
  readonly text: string;
  readonly instance: string;
}

export interface WantedLog {
  readonly appId: string;
  readonly after: number;
  readonly follow: boolean;
  /** Of those that are there, only the last so many; not for whoever comes again, who would have a gap. */
  readonly tail?: number;
}

/** Batches of lines after a position; with `follow`, until the signal of the call aborts. */
export async function* followAppLog(
  compute: Client<typeof ComputeService>,
  wanted: WantedLog,
  options: CallOptions,
): AsyncGenerator<readonly AppLogLine[]> {
  let { after } = wanted;
  const answers = compute.readLogs(
    { appId: wanted.appId, after: BigInt(after), follow: wanted.follow, tail: after > 0 ? 0 : (wanted.tail ?? 0) },
    options,
  );
  try {
    for await (const answer of answers) {
      const lines: AppLogLine[] = answer.lines.map((line) => ({
        position: Number(line.position),
        at: new Date(Number(line.timeMs)).toISOString(),
        stream: line.stream,
        text: line.text,
        instance: line.instanceId,
      }));
      yield* withGaps(lines, { missed: Number(answer.missed), after });
      after = lines.at(-1)?.position ?? after;
    }
  } catch (error) {
    if (options.signal?.aborted) return;
    throw error;
  }
}

/** The lines, and between them how many are missing, where they are. */
function* withGaps(
  lines: readonly AppLogLine[],
  { missed, after }: { missed: number; after: number },
): Generator<readonly AppLogLine[]> {
  const gapAt = (index: number) => lines[index]!.position - lines[index - 1]!.position - 1;
  const breaks = lines.flatMap((_, index) => (index > 0 && gapAt(index) > 0 ? [index] : []));
  const before = missed - breaks.reduce((sum, index) => sum + gapAt(index), 0);
  if (before > 0) yield [gapLine(before, lines[0] ? lines[0].position - 1 : after)];
  let start = 0;
  for (const index of breaks) {
    yield lines.slice(start, index);
    yield [gapLine(gapAt(index), lines[index]!.position - 1)];
    start = index;
  }
  if (start < lines.length) yield lines.slice(start);
}

function gapLine(count: number, position: number): AppLogLine {
  const lines = count === 1 ? 'One line is' : `${count} lines are`;
  const text = `${lines} missing here: no longer kept, or more than could be.`;
  return { position, at: new Date(0).toISOString(), stream: 'steading', text, instance: '' };
}
