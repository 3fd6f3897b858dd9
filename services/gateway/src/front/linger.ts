import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/**
 * A connection that ends with an answer while its client is still sending. Closed at once, the bytes that nobody read
 * reset it, and the answer may be lost on its way (RFC 9112, section 9.6). So our side is ended, and the rest is read and
 * thrown away until it is over, or `lingerMs` is (`exchanges.ts`).
 * @param over called when it begins: no further request of this connection is read.
 */
export function lingerAfter(incoming: IncomingMessage, over: () => void): void {
  if (incoming.httpVersionMajor !== 1) return;
  const { socket } = incoming;
  // What Node calls when an answer that closes the connection is written.
  socket.destroySoon = () => {
    if (incoming.complete || socket.destroyed) return Socket.prototype.destroySoon.call(socket);
    over();
    socket.end();
    incoming.once('end', () => socket.destroy());
    // Whoever listens would pause it again.
    incoming.removeAllListeners('data');
    incoming.resume();
  };
}
