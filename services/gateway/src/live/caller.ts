/**
 * Who is at the other end of a connection. What its first request said of them is kept, and the request itself is let
 * go: it is the larger half of what a connection at rest would hold (Socket.IO, "Memory usage").
 */
import type { IncomingMessage } from 'node:http';
import { type Caller, newRequestId } from '@steading/kit';
import type { Server, Socket } from 'socket.io';
import type { Seen, SessionGuard } from '#src/caller/session-guard.ts';
import { fail } from '#src/errors.ts';

type Kept = Omit<Seen, 'requestId'>;
/** A connection of the transport, which may carry several namespaces. */
interface Connection {
  request: IncomingMessage | null;
}

export function callerOf(socket: Socket): Caller {
  return (socket.data as { caller: Caller }).caller;
}

/** Gives what puts the caller on a socket; it throws for nobody. */
export function createIdentification(io: Server, guard: SessionGuard): (socket: Socket) => Promise<void> {
  const kept = new WeakMap<object, Kept>();
  io.engine.on('connection', (connection: Connection) => {
    if (!connection.request) return;
    kept.set(connection, readRequest(connection.request));
    connection.request = null;
  });
  return async (socket) => {
    const seen = kept.get(socket.conn);
    if (!seen) throw new Error('bug: a socket of a connection that was not heard of');
    const { token } = socket.handshake.auth as { token?: unknown };
    const { caller } = await guard.resolve({
      ...seen,
      requestId: newRequestId(),
      ...(typeof token === 'string' && { authorization: `Bearer ${token}` }),
    });
    if (caller.kind === 'anonymous') throw fail('gateway.token-invalid');
    (socket.data as { caller: Caller }).caller = caller;
  };
}

function readRequest({ headers, socket }: IncomingMessage): Kept {
  const userAgent = headers['user-agent']?.slice(0, 400);
  return {
    address: socket.remoteAddress ?? '',
    ...(userAgent !== undefined && { userAgent }),
    cookie: headers.cookie,
    authorization: headers.authorization,
  };
}
