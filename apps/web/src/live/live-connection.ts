import type { Socket } from 'socket.io-client';
import { createPacer } from '#src/live/paced.ts';

export interface Follow<Item> {
  topic: 'app' | 'deployment-log' | 'app-log';
  id: string;
  /** The last position that is here already; asked again after every reconnection, so that nothing is missed. */
  after?(): number;
  /** Something happened; what it was is asked by GraphQL. */
  onEvent?(): void;
  onItems?(items: Item[]): void;
  /** The house took the right away while we listened, or refused the join: a reason's name, or a sentence. */
  onLeft?(reason: string): void;
  /** Whether the line is up. */
  onConnected?(connected: boolean): void;
  /** From now on everything arrives; what happened before, since the page asked or the line broke, must be asked again. */
  onJoined?(): void;
}

export interface LiveConnection {
  /** Opens the line although nothing is followed yet, so that the end of the session is heard on every page. */
  open(): void;
  /** Follows one topic until the returned function is called. */
  follow<Item>(follow: Follow<Item>): () => void;
}

interface LiveOptions {
  /** Called when the house says that the session is over. */
  onSignedOut(): void;
}

interface Address {
  topic: string;
  id: string;
}

const reconnectMs = 2_000;

/** Whether a room that the house closed is joined again: a broken stream, or an app's log that goes on later. */
function comesBack({ topic, reason }: { topic: string; reason: string }): boolean {
  return reason === 'broken-off' || reason === 'too-slow' || (reason === 'over' && topic === 'app-log');
}

/**
 * One Socket.IO line for the whole page, opened when something is first followed. Several parts of a page may follow
 * the same thing: it is joined once, and left when the last of them goes. Everything is joined again after a
 * reconnection; `after` makes the house send what was missed.
 */
export function createLiveConnection({ onSignedOut }: LiveOptions): LiveConnection {
  const rooms = new Map<string, Set<Follow<never>>>();
  const paced = createPacer();
  let line: Socket | undefined;
  let opening = false;

  const listenersOf = ({ topic, id }: Address) => [...(rooms.get(`${topic} ${id}`) ?? [])];
  const everyone = () => [...rooms.values()].flatMap((room) => [...room]);

  function join(room: Set<Follow<never>>): void {
    const [first] = room;
    if (!first || !line?.connected || rooms.get(`${first.topic} ${first.id}`) !== room) return;
    const after = first.after?.();
    const request = { topic: first.topic, id: first.id, ...(after !== undefined && { after }) };
    line.emit('join', request, (answer?: { error?: { message?: string } }) => {
      for (const one of room) {
        if (answer?.error) one.onLeft?.(answer.error.message ?? '');
        else one.onJoined?.();
      }
    });
  }

  function attend(socket: Socket): void {
    line = socket;
    socket.on('connect', () => {
      for (const one of everyone()) one.onConnected?.(true);
      for (const room of rooms.values()) paced(() => join(room));
    });
    socket.on('events', (at: Address) => {
      for (const one of listenersOf(at)) one.onEvent?.();
    });
    // The house may have missed some.
    socket.on('again', (at: Address) => {
      for (const one of listenersOf(at)) one.onJoined?.();
    });
    socket.on('items', (at: Address & { items: never[] }) => {
      for (const one of listenersOf(at)) one.onItems?.(at.items);
    });
    socket.on('left', (at: Address & { reason: string }) => {
      for (const one of listenersOf(at)) one.onLeft?.(at.reason);
      const room = rooms.get(`${at.topic} ${at.id}`);
      if (room && comesBack(at)) setTimeout(() => paced(() => join(room)), reconnectMs);
    });
    socket.on('ended', ({ reason }: { reason: string }) => {
      if (reason === 'signed-out') onSignedOut();
    });
    // It ended while the line was down.
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      if (error.data?.code === 'gateway.token-invalid') onSignedOut();
    });
    socket.on('disconnect', (reason) => {
      for (const one of everyone()) one.onConnected?.(false);
      // Closed by the house: Socket.IO does not come back by itself then.
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), reconnectMs);
    });
  }

  function open(): void {
    if (opening) return;
    opening = true;
    void import('socket.io-client').then(({ io }) =>
      attend(io('/deployments', { path: '/realtime', transports: ['websocket', 'polling'] })),
    );
  }

  return {
    open,
    follow(follow) {
      const key = `${follow.topic} ${follow.id}`;
      const room = rooms.get(key) ?? new Set();
      rooms.set(key, room.add(follow as Follow<never>));
      open();
      if (line?.connected) follow.onConnected?.(true);
      if (room.size === 1) paced(() => join(room));
      return () => {
        room.delete(follow as Follow<never>);
        if (room.size > 0 || rooms.get(key) !== room) return;
        rooms.delete(key);
        if (line?.connected) paced(() => line?.emit('leave', { topic: follow.topic, id: follow.id }));
      };
    },
  };
}
