/**
 * Who is connected: counts all and by address, knows which connections are idle, and lets those go first when there is
 * no room. A connection is idle when no request is under way on it; a WebSocket or event stream is a request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { type Clock, createChain, type Linked } from '@steading/kit';
import { addressGroup, isLoopback } from '#src/front/addresses.ts';
import type { FrontLimits } from '#src/front/front-limits.ts';

export interface Connection extends Linked<Connection> {
  readonly socket: Socket;
  readonly group: string;
  /** Requests under way. */
  busy: number;
  /** When the last request ended, or the connection began. */
  idleSinceMs: number;
  hadRequest: boolean;
  /** Looks, since the door closes, at which it was idle. */
  idleLooks: number;
  /** Something on it was refused: what follows stands behind bytes that could be read in two ways, and is not read. */
  isOver: boolean;
  /** The request that began last. */
  last?: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
  session?: Http2Session;
}

export type Refusal =
  | 'connections'
  | 'address'
  | 'idle'
  | 'upload-too-slow'
  | 'reader-too-slow'
  | 'unread-body'
  | 'frames';

export interface Connections {
  /** Undefined: there was no room, and the socket is closed. */
  admit(socket: Socket): Connection | undefined;
  /** The connection that a socket (or what TLS made of it) belongs to. */
  of(socket: EndOfConnection): Connection | undefined;
  begin(connection: Connection): void;
  end(connection: Connection): void;
  /** Closes those that are idle for too long. */
  sweep(): void;
  /**
   * Closes those that were idle at the last look too: what lay unread then would have been read since, however busy this
   * process is. Who has only just come, and whose request is on its way, has some more looks.
   */
  closeIdle(): void;
  /** Asks HTTP/2 clients to come again on another connection; what is under way goes on. */
  closeSessions(): void;
  destroyAll(): void;
  readonly size: number;
}

export interface EndOfConnection {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

/** Looks, each in a turn of its own, between the beginning of a connection and its first request. */
const firstRequestLooks = 20;

export function createConnections(options: {
  limits: FrontLimits;
  clock: Clock;
  refused: (reason: Refusal) => void;
}): Connections {
  const { limits, clock, refused } = options;
  const all = new Map<string, Connection>();
  /** In the order in which they became idle. */
  const idle = createChain<Connection>();
  const counts = new Map<string, number>();

  function hasRoom(group: string, counted: boolean): boolean {
    if (counted && (counts.get(group) ?? 0) >= limits.maxPerAddress && !letGo((one) => one.group === group)) {
      refused('address');
      return false;
    }
    if (all.size < limits.maxConnections || letGo(() => true)) return true;
    refused('connections');
    return false;
  }

  function letGo(fits: (one: Connection) => boolean): boolean {
    for (const one of idle) {
      if (!fits(one)) continue;
      refused('idle');
      forget(one);
      one.socket.destroy();
      return true;
    }
    return false;
  }

  function forget(one: Connection): void {
    const key = keyOf(one.socket);
    if (all.get(key) !== one) return;
    all.delete(key);
    idle.delete(one);
    const left = (counts.get(one.group) ?? 1) - 1;
    if (left > 0) counts.set(one.group, left);
    else counts.delete(one.group);
  }

  return {
    admit(socket) {
      const group = addressGroup(socket.remoteAddress ?? '');
      if (!hasRoom(group, limits.countLoopback || !isLoopback(group))) {
        socket.destroy();
        return undefined;
      }
      const one: Connection = {
        socket,
        group,
        busy: 0,
        idleSinceMs: clock.now(),
        hadRequest: false,
        idleLooks: 0,
        isOver: false,
        before: undefined,
        after: undefined,
      };
      const key = keyOf(socket);
      all.set(key, one);
      idle.add(one);
      counts.set(group, (counts.get(group) ?? 0) + 1);
      socket.once('close', () => forget(one));
      return one;
    },
    of: (socket) => all.get(keyOf(socket)),
    begin(one) {
      one.busy++;
      one.idleLooks = 0;
      one.hadRequest = true;
      idle.delete(one);
    },
    end(one) {
      one.busy--;
      if (one.busy > 0 || one.socket.destroyed) return;
      one.idleSinceMs = clock.now();
      if (all.get(keyOf(one.socket)) === one) idle.add(one);
    },
    sweep() {
      const now = clock.now();
      for (const one of idle) {
        const most = one.hadRequest ? limits.idleMs : limits.headerMs + limits.handshakeMs;
        // HTTP/1 closes its own in time; a little later this takes what is left: sessions, and half a handshake.
        if (now - one.idleSinceMs > most + limits.sweepMs) close(one);
      }
    },
    closeIdle() {
      for (const one of idle) if (++one.idleLooks > (one.hadRequest ? 1 : firstRequestLooks)) close(one);
    },
    closeSessions() {
      for (const { session } of all.values()) if (session && !session.closed) session.close();
    },
    destroyAll() {
      for (const one of all.values()) one.socket.destroy();
    },
    get size() {
      return all.size;
    },
  };
}

/** Says goodbye where the protocol has a word for it. */
function close(one: Connection): void {
  if (one.session && !one.session.destroyed) one.session.close();
  else one.socket.destroySoon();
}

/** TLS gives its connections objects of their own; the addresses of both ends are the same. Kept: a closed one has none. */
const keys = new WeakMap<EndOfConnection, string>();

function keyOf(socket: EndOfConnection): string {
  let key = keys.get(socket);
  if (key === undefined) keys.set(socket, (key = `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`));
  return key;
}
