/**
 * Live connections of browsers: Socket.IO on /realtime, a namespace for each that services declare. Who comes in is
 * known by the cookie or token of the handshake; every join is checked in the forest, and again whenever it changes.
 */
import { createServer } from 'node:http';
import type { LiveTopic, ServiceContext } from '@steading/service';
import { type Namespace, Server, type Socket } from 'socket.io';
import type { SessionGuard } from '#src/caller/session-guard.ts';
import { fail } from '#src/errors.ts';
import type { Side } from '#src/front/front.ts';
import { callerOf, createIdentification } from '#src/live/caller.ts';
import { createFollowers } from '#src/live/followers.ts';
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
    send: (member, name, data) => followers.send(member.socket, name, data),
    dropIfSlow: (member) => followers.dropIfSlow(member.socket),
    remove: (member, reason) => followers.remove(member, reason),
  });
  const followers = createFollowers({ context, rooms });
  const identify = createIdentification(io, guard);
  const open = new Set<Socket>();
  const limit = createMessageLimit();
  const topics = catalogue.flatMap((service) => service.live ?? []);

  for (const [name, list] of Map.groupBy(topics, (topic) => topic.namespace)) {
    const namespace = io.of(name);
    namespace.use((socket, next) => {
      identify(socket).then(
        () => next(),
        (error: Error & { code?: string }) =>
          next(Object.assign(new Error(error.message), { data: { code: error.code ?? 'internal' } })),
      );
    });
    namespace.on('connection', (socket) => welcome(namespace, socket, list));
  }

  function welcome(namespace: Namespace, socket: Socket, list: readonly LiveTopic[]): void {
    open.add(socket);
    metrics.sockets(namespace.name, 1);
    socket.use((_packet, next) => {
      limit.take(socket.id).then(
        () => next(),
        () => followers.end(socket, 'too-many-messages'),
      );
    });
    socket.on('join', (asked: unknown, ack: unknown) => void followers.join(socket, list, asked, ack));
    socket.on('leave', (asked: unknown) => followers.leave(socket, asked));
    socket.on('disconnect', () => {
      open.delete(socket);
      metrics.sockets(namespace.name, -1);
      followers.close(socket);
    });
  }

  async function recheck(): Promise<void> {
    for (const socket of open) await identify(socket).catch(() => followers.end(socket, 'signed-out'));
  }

  guard.onEnded((id) => {
    if (id === undefined) return void recheck();
    for (const socket of open) {
      const caller = callerOf(socket);
      if (caller.session === id || caller.token === id) followers.end(socket, 'signed-out');
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
      for (const socket of open) followers.end(socket, 'house-stops');
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}
