/** What one socket follows. */

import { LiveService } from '@steading/contracts/rpc/live';
import { isAppError, toPublicError } from '@steading/kit';
import { as } from '@steading/rpc';
import type { LiveTopic } from '@steading/service';
import type { Socket } from 'socket.io';
import { z } from 'zod';
import { fail } from '#src/errors.ts';
import { callerOf, type LiveContext } from '#src/live/live-side.ts';
import type { Member, Rooms } from '#src/live/rooms.ts';
import { followStream } from '#src/live/stream.ts';
import { waitingPackets } from '#src/live/waiting.ts';

export interface Follower {
  join(asked: unknown, ack: unknown): Promise<void>;
  leave(asked: unknown): void;
  /** Says why for everything that was followed, and closes the connection. */
  end(reason: string): void;
  close(): void;
}

export interface FollowerOptions {
  readonly context: LiveContext;
  readonly rooms: Rooms;
  readonly socket: Socket;
  readonly topics: readonly LiveTopic[];
}

const joinRequest = z.object({
  topic: z.string().max(60),
  id: z.string().min(1).max(120),
  after: z.number().int().min(0).optional(),
});
const maxRooms = 50;
/** Packets that wait for a reader before it is given up. */
const maxWaiting = 512;

export function createFollower(options: FollowerOptions): Follower {
  const { context, rooms, socket, topics } = options;
  const joined = new Map<string, { member: Member; stop: AbortController }>();
  const pending = new Set<string>();

  function take(name: string): void {
    const one = joined.get(name);
    if (!one) return;
    joined.delete(name);
    rooms.delete(one.member);
    one.stop.abort();
  }

  function end(reason: string): void {
    for (const [name, { member }] of [...joined]) {
      take(name);
      socket.emit('left', { topic: member.topic.topic, id: member.id, reason });
    }
    socket.emit('ended', { reason });
    socket.disconnect(true);
  }

  const isSlow = () => waitingPackets(socket) > maxWaiting;

  function send(name: string, data: unknown): void {
    if (isSlow()) end('too-slow');
    else socket.emit(name, data);
  }

  async function admit(asked: unknown): Promise<void> {
    const { topic, request } = readJoin(topics, asked);
    const name = `${request.topic} ${request.id}`;
    if (joined.has(name) || pending.has(name)) return;
    if (joined.size + pending.size >= maxRooms) throw fail('gateway.too-many-rooms', { limit: maxRooms });
    pending.add(name);
    try {
      const node = await locate(context, socket, topic, request.id);
      await context.access.require(callerOf(socket), topic.privilege, node);
      if (!socket.connected) return;
      const leaveWith = (reason: string) => {
        take(name);
        send('left', { topic: request.topic, id: request.id, reason });
      };
      const member: Member = {
        ...{ topic, id: request.id, node, send, remove: leaveWith },
        caller: () => callerOf(socket),
        enter: (room) => void socket.join(room),
        leave: (room) => void socket.leave(room),
        dropIfSlow: () => isSlow() && end('too-slow'),
      };
      const stop = new AbortController();
      joined.set(name, { member, stop });
      rooms.add(member);
      // The forest may have changed between the check and the room.
      if (!context.access.can(callerOf(socket), topic.privilege, node)) return leaveWith('no-longer-allowed');
      if (topic.source === 'stream')
        void followStream({ context, socket, member, after: request.after ?? 0, signal: stop.signal });
    } finally {
      pending.delete(name);
    }
  }

  return {
    async join(asked, ack) {
      const answer = typeof ack === 'function' ? (ack as (answer: unknown) => void) : () => {};
      try {
        await admit(asked);
        answer({ ok: true });
      } catch (error) {
        const { code, message } = toPublicError(error);
        if (!isAppError(error)) context.log.error({ err: error }, 'a join failed');
        answer({ error: { code, message, requestId: callerOf(socket).requestId } });
      }
    },
    leave(asked) {
      const request = joinRequest.safeParse(asked);
      if (request.success) take(`${request.data.topic} ${request.data.id}`);
    },
    end,
    close() {
      for (const name of [...joined.keys()]) take(name);
    },
  };
}

function readJoin(topics: readonly LiveTopic[], asked: unknown) {
  const request = joinRequest.safeParse(asked);
  const topic = request.success ? topics.find((one) => one.topic === request.data.topic) : undefined;
  if (!request.success || !topic) throw fail('gateway.bad-join');
  return { topic, request: request.data };
}

async function locate(context: LiveContext, socket: Socket, topic: LiveTopic, id: string): Promise<string> {
  const client = context.rpc.client(LiveService, topic.service);
  return (await client.locate({ topic: topic.topic, id }, as(callerOf(socket)))).nodeId;
}
