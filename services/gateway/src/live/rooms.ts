/** Who follows what: brings events to those who follow them, and checks everybody again when the forest changes. */
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

/** Changes of the forest within this time are one check. */
const gatherMs = 50;

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
  const rooms = new Map<string, Set<Member>>();
  const subscriptions: Subscription[] = [];
  let watch: { stop(): void } | undefined;
  let timer: Timer | undefined;

  function check(): void {
    timer = undefined;
    for (const members of rooms.values())
      for (const member of [...members])
        if (!access.can(callerOf(member.socket), member.topic.privilege, member.node))
          options.remove(member, 'no-longer-allowed');
  }

  function follow(topic: LiveTopic): void {
    if (topic.source === 'stream') return;
    const subscription = bus.broadcast(
      topic.source.events,
      (event) => {
        const room = roomOf(topic, event.key);
        const members = rooms.get(room);
        if (!members) return;
        for (const member of members) options.dropIfSlow(member);
        const told = { topic: topic.topic, id: event.key, type: event.type, data: event.data };
        options.tell(topic.namespace, room, 'event', told);
      },
      () => {
        for (const members of rooms.values())
          for (const member of members)
            if (member.topic === topic) options.send(member, 'again', { topic: topic.topic, id: member.id });
      },
    );
    subscriptions.push(subscription);
  }

  return {
    add(member) {
      const name = roomOf(member.topic, member.id);
      rooms.set(name, (rooms.get(name) ?? new Set<Member>()).add(member));
      void member.socket.join(name);
    },
    delete(member) {
      const name = roomOf(member.topic, member.id);
      const members = rooms.get(name);
      members?.delete(member);
      void member.socket.leave(name);
      if (members?.size === 0) rooms.delete(name);
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
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    },
  };
}

function roomOf(topic: LiveTopic, id: string): string {
  return `${topic.namespace} ${topic.topic} ${id}`;
}
