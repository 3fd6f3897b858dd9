/**
 * Live connections of browsers: Socket.IO on /realtime, a namespace for each that services declare. Who comes in is
 * known by the cookie or token of the handshake; every join is checked in the forest, and again whenever it changes.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { type Caller, newRequestId } from '@steading/kit';
import type { LiveTopic, ServiceContext } from '@steading/service';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { SessionGuard } from '#src/caller/session-guard.ts';
import { fail } from '#src/errors.ts';
import type { Side } from '#src/front/front.ts';
import { createFollower, type Follower } from '#src/live/follower.ts';
import { isForeignOrigin } from '#src/live/foreign-origin.ts';
import { createMessageLimit } from '#src/live/message-limit.ts';
import { createRooms } from '#src/live/rooms.ts';
import type { Metrics } from '#src/metrics.ts';

export interface LiveSide extends Side {
  start(): void;
  stop(): Promise<void>;
}

export type LiveContext = Pick<ServiceContext, 'catalogue' | 'rpc' | 'bus' | 'access' | 'house' | 'clock' | 'log'>;

export const livePath = '/realtime';
/** How often an open connection's session is asked for again, beside hearing that it ended. */
const recheckMs = 60_000;

export function createLiveSide(context: LiveContext, guard: SessionGuard, metrics: Metrics): LiveSide {
  const { catalogue, house, clock } = context;
  // Never listens: it only carries requests from the front to Socket.IO.
  const carrier = createServer();
  const io = new Server(carrier, {
    path: livePath,
    serveClient: false,
    maxHttpBufferSize: 65_536,
    pingInterval: 20_000,
    pingTimeout: 15_000,
    connectTimeout: 10_000,
    transports: ['polling', 'websocket'],
    allowRequest: (request, done) => {
      const foreign = isForeignOrigin(request, house.publicUrl);
      done(foreign ? fail('gateway.origin-refused').message : null, !foreign);
    },
  });
  const rooms = createRooms({
    ...{ bus: context.bus, access: context.access, clock },
    tell: (namespace, room, name, data) => void io.of(namespace).local.to(room).emit(name, data),
  });
  const open = new Map<Socket, Follower>();
  const limit = createMessageLimit();
  const topics = catalogue.flatMap((service) => service.live ?? []);

  for (const [name, list] of Map.groupBy(topics, (topic) => topic.namespace)) {
    const namespace = io.of(name);
    namespace.use((socket, next) => {
      identify(guard, socket).then(
        () => next(),
        (error: Error & { code?: string }) =>
          next(Object.assign(new Error(error.message), { data: { code: error.code ?? 'internal' } })),
      );
    });
    namespace.on('connection', (socket) => welcome(namespace, socket, list));
  }

  function welcome(namespace: Namespace, socket: Socket, list: readonly LiveTopic[]): void {
    const follower = createFollower({ context, rooms, socket, topics: list });
    open.set(socket, follower);
    metrics.sockets(namespace.name, 1);
    socket.use((_packet, next) => {
      limit.take(socket.id).then(
        () => next(),
        () => follower.end('too-many-messages'),
      );
    });
    socket.on('join', (asked: unknown, ack: unknown) => void follower.join(asked, ack));
    socket.on('leave', (asked: unknown) => follower.leave(asked));
    socket.on('disconnect', () => {
      open.delete(socket);
      metrics.sockets(namespace.name, -1);
      follower.close();
    });
  }

  async function recheck(): Promise<void> {
    for (const [socket, follower] of open) await identify(guard, socket).catch(() => follower.end('signed-out'));
  }

  guard.onEnded((id) => {
    if (id === undefined) return void recheck();
    for (const [socket, follower] of open) {
      const caller = callerOf(socket);
      if (caller.session === id || caller.token === id) follower.end('signed-out');
    }
  });

  let timer = { cancel() {} };
  const later = () => {
    timer = clock.after(recheckMs, () => void recheck().finally(later));
  };
  return {
    request: (incoming, outgoing) => void carrier.emit('request', incoming, outgoing),
    upgrade: (incoming, socket, head) => void carrier.emit('upgrade', incoming, socket, head),
    start() {
      rooms.start(topics);
      later();
    },
    async stop() {
      timer.cancel();
      await rooms.stop();
      for (const follower of open.values()) follower.end('house-stops');
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}

export function callerOf(socket: Socket): Caller {
  return (socket.data as { caller: Caller }).caller;
}

/** Puts the caller on the socket; throws for nobody. */
async function identify(guard: SessionGuard, socket: Socket): Promise<void> {
  const request: IncomingMessage = socket.request;
  const { token } = socket.handshake.auth as { token?: unknown };
  const userAgent = request.headers['user-agent']?.slice(0, 400);
  const { caller } = await guard.resolve({
    requestId: newRequestId(),
    address: request.socket.remoteAddress ?? socket.handshake.address,
    ...(userAgent !== undefined && { userAgent }),
    cookie: request.headers.cookie,
    authorization: typeof token === 'string' ? `Bearer ${token}` : request.headers.authorization,
  });
  if (caller.kind === 'anonymous') throw fail('gateway.token-invalid');
  (socket.data as { caller: Caller }).caller = caller;
}
