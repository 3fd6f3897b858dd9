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
      const missed = Number(answer.missed);
      if (missed > 0) {
        const position = lines[0] ? lines[0].position - 1 : after;
        yield [
          {
            position,
            at: new Date(0).toISOString(),
            stream: 'steading',
            text: `${missed} lines are no longer kept.`,
            instance: '',
          },
        ];
      }
      if (lines.length > 0) yield lines;
      after = lines.at(-1)?.position ?? after;
    }
  } catch (error) {
    if (options.signal?.aborted) return;
    throw error;
  }
}
