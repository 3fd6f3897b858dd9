import { LiveService } from '@steading/contracts/rpc/live';
import { as } from '@steading/rpc';
import type { Socket } from 'socket.io';
import { callerOf } from '#src/live/caller.ts';
import type { LiveContext } from '#src/live/live-side.ts';
import type { Member } from '#src/live/rooms.ts';
import { waitingPackets } from '#src/live/waiting.ts';

export interface StreamOptions {
  readonly context: LiveContext;
  readonly member: Member;
  readonly after: number;
  readonly signal: AbortSignal;
  send(socket: Socket, name: string, data: unknown): void;
  remove(member: Member, reason: string): void;
}

const gatherMs = 40;
const maxBatch = 200;
/** Above this many waiting packets the service is not read further until the reader has caught up. */
const maxAhead = 16;
const patienceMs = 30_000;

/** Sends what LiveService.Follow gives, in batches, no faster than the reader reads. */
export async function followStream(options: StreamOptions): Promise<void> {
  const { context, member, after, signal, remove } = options;
  const { socket, topic, id } = member;
  let batch: unknown[] = [];
  let timer: { cancel(): void } | undefined;
  const flush = () => {
    timer?.cancel();
    timer = undefined;
    if (batch.length > 0 && !signal.aborted) options.send(socket, 'items', { topic: topic.topic, id, items: batch });
    batch = [];
  };
  try {
    const client = context.rpc.client(LiveService, topic.service);
    const call = as(callerOf(socket), { signal, timeoutMs: 0 });
    for await (const item of client.follow({ topic: topic.topic, id, after: BigInt(after) }, call)) {
      batch.push({ ...(JSON.parse(item.json) as object), position: Number(item.position) });
      if (batch.length >= maxBatch) flush();
      else timer ??= context.clock.after(gatherMs, flush);
      if (waitingPackets(socket) > maxAhead) await caughtUp(options);
    }
    flush();
    if (!signal.aborted) remove(member, 'over');
  } catch (error) {
    timer?.cancel();
    if (signal.aborted) return;
    context.log.warn({ err: error, topic: topic.topic }, 'a live stream broke off');
    remove(member, 'broken-off');
  }
}

/** Waits until the reader took what was sent; one that does not is left behind. */
async function caughtUp({ context, member, signal, remove }: StreamOptions): Promise<void> {
  const untilMs = context.clock.now() + patienceMs;
  while (!signal.aborted && waitingPackets(member.socket) > maxAhead) {
    if (context.clock.now() > untilMs) return remove(member, 'too-slow');
    await context.clock.sleep(20, signal);
  }
}
