import type { Socket } from 'socket.io-client';

export interface LiveEvent {
  topic: string;
  id: string;
  type: string;
  data: unknown;
}
export interface LiveItems<Item> {
  topic: string;
  id: string;
  items: Item[];
}

export interface Follow<Item> {
  topic: 'app' | 'deployment-log' | 'app-log';
  id: string;
  /** The last position that is here already; asked again after every reconnection, so that nothing is missed. */
  after?(): number;
  onEvent?(event: LiveEvent): void;
  onItems?(items: Item[]): void;
  /** The house took the right away while we listened, or refused the join. */
  onLeft?(reason: string): void;
  /** Whether the line is up. */
  onConnected?(connected: boolean): void;
}

export interface LiveConnection {
  /** Follows one topic until the returned function is called. */
  follow<Item>(follow: Follow<Item>): () => void;
}

/**
 * One Socket.IO line for the whole page, opened when something is first followed. Every topic is joined again after a
 * reconnection; its `after` makes the house send what was missed.
 */
export function createLiveConnection(): LiveConnection {
  let opening: Promise<Socket> | undefined;
  const open = () => {
    opening ??= import('socket.io-client').then(({ io }) =>
      io('/deployments', { path: '/realtime', transports: ['websocket', 'polling'], withCredentials: true }),
    );
    return opening;
  };
  return {
    follow(follow) {
      let stopped = false;
      let close = () => {};
      void open().then((socket) => {
        if (!stopped) close = attach(socket, follow);
      });
      return () => {
        stopped = true;
        close();
      };
    },
  };
}

function attach<Item>(socket: Socket, follow: Follow<Item>): () => void {
  const { topic, id } = follow;
  const mine = (message: { topic: string; id: string }) => message.topic === topic && message.id === id;
  const join = () => {
    follow.onConnected?.(true);
    const after = follow.after?.();
    socket.emit('join', { topic, id, ...(after !== undefined && { after }) }, (answer?: { error?: unknown }) => {
      if (answer?.error) follow.onLeft?.(readError(answer.error));
    });
  };
  const onEvent = (event: LiveEvent) => mine(event) && follow.onEvent?.(event);
  const onItems = (message: LiveItems<Item>) => mine(message) && follow.onItems?.(message.items);
  const onLeft = (message: { topic: string; id: string; reason: string }) =>
    mine(message) && follow.onLeft?.(message.reason);
  const onDisconnect = () => follow.onConnected?.(false);
  socket
    .on('connect', join)
    .on('event', onEvent)
    .on('items', onItems)
    .on('left', onLeft)
    .on('disconnect', onDisconnect);
  if (socket.connected) join();
  return () => {
    socket
      .off('connect', join)
      .off('event', onEvent)
      .off('items', onItems)
      .off('left', onLeft)
      .off('disconnect', onDisconnect);
    if (socket.connected) socket.emit('leave', { topic, id });
  };
}

function readError(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return '';
}
