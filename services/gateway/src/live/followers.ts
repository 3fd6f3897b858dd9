/** What each socket follows. */

import { LiveService } from '@steading/contracts/rpc/live';
import { isAppError, toPublicError } from '@steading/kit';
import { as } from '@steading/rpc';
import type { LiveTopic } from '@steading/service';
import type { Socket } from 'socket.io';
import { z } from 'zod';
import { fail } from '#src/errors.ts';
import { callerOf } from '#src/live/caller.ts';
import type { LiveContext } from '#src/live/live-side.ts';
import type { Member, Rooms } from '#src/live/rooms.ts';
import { followStream } from '#src/live/stream.ts';
import { waitingPackets } from '#src/live/waiting.ts';

export interface Followers {
  join(socket: Socket, topics: readonly LiveTopic[], asked: unknown, ack: unknown): Promise<void>;
  leave(socket: Socket, asked: unknown): void;
  send(socket: Socket, name: string, data: unknown): void;
  /** Gives up a reader that does not keep up. */
  dropIfSlow(socket: Socket): void;
  /** Takes a member out, with the reason that they are told. */
  remove(member: Member, reason: string): void;
  /** Says why for everything that was followed, and closes the connection. */
  end(socket: Socket, reason: string): void;
  /** Forgets what a closed socket followed. */
  close(socket: Socket): void;
}

export interface FollowersOptions {
  readonly context: LiveContext;
  readonly rooms: Rooms;
}

interface Joined {
  readonly member: Member;
  /** Only a stream has something to be stopped. */
  readonly stop?: AbortController;
}

const joinRequest = z.object({
  topic: z.string().max(60),
  id: z.string().min(1).max(120),
  after: z.number().int().min(0).optional(),
});
const maxRooms = 50;
/** Packets that wait for a reader before it is given up. */
const maxWaiting = 512;

/** What is held for a socket is a map of what it joined, and nothing before it joins: there may be ten thousand. */
export function createFollowers({ context, rooms }: FollowersOptions): Followers {
  /** What a socket follows; `checking` is a join that is not decided yet. */
  const followed = new Map<Socket, Map<string, Joined | 'checking'>>();

  function take(socket: Socket, name: string): void {
    const joined = followed.get(socket);
    const one = joined?.get(name);
    if (!joined || !one || one === 'checking') return;
    joined.delete(name);
    rooms.delete(one.member);
    one.stop?.abort();
  }

  function end(socket: Socket, reason: string): void {
    for (const [name, one] of followed.get(socket) ?? []) {
      if (one === 'checking') continue;
      take(socket, name);
      const { topic, id } = one.member;
      socket.emit('left', { topic: topic.topic, id, reason });
    }
    socket.emit('ended', { reason });
    socket.disconnect(true);
  }

  function send(socket: Socket, name: string, data: unknown): void {
    if (isSlow(socket)) end(socket, 'too-slow');
    else socket.emit(name, data);
  }

  function remove({ socket, topic, id }: Member, reason: string): void {
    take(socket, nameOf(topic.topic, id));
    send(socket, 'left', { topic: topic.topic, id, reason });
  }

  async function admit(socket: Socket, topics: readonly LiveTopic[], asked: unknown): Promise<void> {
    const { topic, request } = readJoin(topics, asked);
    const name = nameOf(request.topic, request.id);
    const joined = followed.get(socket) ?? new Map<string, Joined | 'checking'>();
    if (joined.has(name)) return;
    if (joined.size >= maxRooms) throw fail('gateway.too-many-rooms', { limit: maxRooms });
    followed.set(socket, joined.set(name, 'checking'));
    try {
      const node = await locate(context, socket, topic, request.id);
      await context.access.require(callerOf(socket), topic.privilege, node);
      if (!socket.connected) return;
      const member: Member = { socket, topic, id: request.id, node };
      const stop = topic.source === 'stream' ? new AbortController() : undefined;
      joined.set(name, stop ? { member, stop } : { member });
      rooms.add(member);
      // The forest may have changed between the check and the room.
      if (!context.access.can(callerOf(socket), topic.privilege, node)) return remove(member, 'no-longer-allowed');
      if (!stop) return;
      const { signal } = stop;
      void followStream({ context, member, after: request.after ?? 0, signal, send, remove });
    } finally {
      if (joined.get(name) === 'checking') joined.delete(name);
    }
  }

  return {
    async join(socket, topics, asked, ack) {
      const answer = typeof ack === 'function' ? (ack as (answer: unknown) => void) : () => {};
      try {
        await admit(socket, topics, asked);
        answer({ ok: true });
      } catch (error) {
        const { code, message } = toPublicError(error);
        if (!isAppError(error)) context.log.error({ err: error }, 'a join failed');
        answer({ error: { code, message, requestId: callerOf(socket).requestId } });
      }
    },
    leave(socket, asked) {
      const request = joinRequest.safeParse(asked);
      if (request.success) take(socket, nameOf(request.data.topic, request.data.id));
    },
    send,
    dropIfSlow(socket) {
      if (isSlow(socket)) end(socket, 'too-slow');
    },
    remove,
    end,
    close(socket) {
      for (const name of [...(followed.get(socket)?.keys() ?? [])]) take(socket, name);
      followed.delete(socket);
    },
  };
}

function nameOf(topic: string, id: string): string {
  return `${topic} ${id}`;
}

function isSlow(socket: Socket): boolean {
  return waitingPackets(socket) > maxWaiting;
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
