/** Who follows what: brings events to those who follow them, and checks everybody again when the forest changes. */
import type { Subscription } from '@steading/bus';
import type { Caller, Timer } from '@steading/kit';
import type { LiveTopic } from '@steading/service';
import type { LiveContext } from '#src/live/live-side.ts';

export interface Member {
  readonly topic: LiveTopic;
  readonly id: string;
  /** The forest node that decides. */
  readonly node: string;
  caller(): Caller;
  send(name: string, data: unknown): void;
  /** From now on, or no longer, told what `tell` says to the room. */
  enter(room: string): void;
  leave(room: string): void;
  /** Gives up a reader that does not keep up. */
  dropIfSlow(): void;
  /** Takes them out, with the reason that they are told. */
  remove(reason: string): void;
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
}

export function createRooms({ bus, access, clock, tell }: RoomsOptions): Rooms {
  const rooms = new Map<string, Set<Member>>();
  const subscriptions: Subscription[] = [];
  let watch: { stop(): void } | undefined;
  let timer: Timer | undefined;

  function check(): void {
    timer = undefined;
    for (const members of rooms.values())
      for (const member of [...members])
        if (!access.can(member.caller(), member.topic.privilege, member.node)) member.remove('no-longer-allowed');
  }

  function follow(topic: LiveTopic): void {
    if (topic.source === 'stream') return;
    const subscription = bus.broadcast(
      topic.source.events,
      (event) => {
        const room = roomOf(topic, event.key);
        const members = rooms.get(room);
        if (!members) return;
        for (const member of members) member.dropIfSlow();
        const told = { topic: topic.topic, id: event.key, type: event.type, data: event.data };
        tell(topic.namespace, room, 'event', told);
      },
      () => {
        for (const members of rooms.values())
          for (const member of members)
            if (member.topic === topic) member.send('again', { topic: topic.topic, id: member.id });
      },
    );
    subscriptions.push(subscription);
  }

  return {
    add(member) {
      const name = roomOf(member.topic, member.id);
      rooms.set(name, (rooms.get(name) ?? new Set<Member>()).add(member));
      member.enter(name);
    },
    delete(member) {
      const name = roomOf(member.topic, member.id);
      const members = rooms.get(name);
      members?.delete(member);
      member.leave(name);
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
