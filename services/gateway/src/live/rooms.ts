/**
 * Who follows what: brings events to those who follow them, and checks everybody again when the forest changes.
 *
 * An event leaves at once where its room was quiet. Those that follow it closely leave together: what an event costs is
 * one write for each member, and a busy room is told no more often than people can see.
 */
import type { Subscription } from '@steading/bus';
import type { Timer } from '@steading/kit';
import type { LiveTopic } from '@steading/service';
import type { Socket } from 'socket.io';
import { callerOf } from '#src/live/caller.ts';
import type { LiveContext } from '#src/live/live-side.ts';

export interface Member {
  readonly socket: Socket;
  readonly topic: LiveTopic;
  readonly id: string;
  /** The forest node that decides. */
  readonly node: string;
}

export interface Rooms {
  add(member: Member): void;
  delete(member: Member): void;
  start(topics: readonly LiveTopic[]): void;
  stop(): Promise<void>;
}

interface Told {
  readonly type: string;
  readonly data: unknown;
}

interface Room {
  readonly members: Set<Member>;
  /** What happened since the room was told last. */
  waiting: Told[];
  /** Runs while the room counts as told just now. */
  timer?: Timer | undefined;
}

/** Changes of the forest within this time are one check. */
const gatherMs = 50;
/** A room that was told something is told more after this time. */
const roomMs = 40;

export interface RoomsOptions extends Pick<LiveContext, 'bus' | 'access' | 'clock'> {
  /** Sends to everybody in a room of a namespace: written once, however many they are. */
  tell(namespace: string, room: string, name: string, data: unknown): void;
  /** Sends to one member alone. */
  send(member: Member, name: string, data: unknown): void;
  /** Gives up a reader that does not keep up. */
  dropIfSlow(member: Member): void;
  /** Takes a member out, with the reason that they are told. */
  remove(member: Member, reason: string): void;
}

export function createRooms(options: RoomsOptions): Rooms {
  const { bus, access, clock } = options;
  const rooms = new Map<string, Room>();
  const subscriptions: Subscription[] = [];
  let watch: { stop(): void } | undefined;
  let timer: Timer | undefined;

  function check(): void {
    timer = undefined;
    for (const { members } of rooms.values())
      for (const member of [...members])
        if (!access.can(callerOf(member.socket), member.topic.privilege, member.node))
          options.remove(member, 'no-longer-allowed');
  }

  function tellRoom(topic: LiveTopic, id: string, name: string, room: Room): void {
    room.timer = undefined;
    const events = room.waiting;
    if (events.length === 0) return;
    room.waiting = [];
    room.timer = clock.after(roomMs, () => tellRoom(topic, id, name, room));
    for (const member of room.members) options.dropIfSlow(member);
    options.tell(topic.namespace, name, 'events', { topic: topic.topic, id, events });
  }

  function follow(topic: LiveTopic): void {
    if (topic.source === 'stream') return;
    const subscription = bus.broadcast(
      topic.source.events,
      ({ key, type, data }) => {
        const name = roomOf(topic, key);
        const room = rooms.get(name);
        if (!room) return;
        room.waiting.push({ type, data });
        if (!room.timer) tellRoom(topic, key, name, room);
      },
      () => {
        for (const { members } of rooms.values())
          for (const member of members)
            if (member.topic === topic) options.send(member, 'again', { topic: topic.topic, id: member.id });
      },
    );
    subscriptions.push(subscription);
  }

  return {
    add(member) {
      const name = roomOf(member.topic, member.id);
      const room = rooms.get(name) ?? { members: new Set<Member>(), waiting: [] };
      room.members.add(member);
      rooms.set(name, room);
      void member.socket.join(name);
    },
    delete(member) {
      const name = roomOf(member.topic, member.id);
      void member.socket.leave(name);
      const room = rooms.get(name);
      room?.members.delete(member);
      if (room?.members.size !== 0) return;
      room.timer?.cancel();
      rooms.delete(name);
    },
    start(topics) {
      for (const topic of topics) follow(topic);
      watch = access.onChange(() => {
        timer ??= clock.after(gatherMs, check);
      });
    },
    async stop() {
      watch?.stop();
      timer?.cancel();
      for (const room of rooms.values()) room.timer?.cancel();
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    },
  };
}

function roomOf(topic: LiveTopic, id: string): string {
  return `${topic.namespace} ${topic.topic} ${id}`;
}
