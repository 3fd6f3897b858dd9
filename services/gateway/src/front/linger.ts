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
  const endInTime = () => {
    if (incoming.complete || socket.destroyed) return Socket.prototype.destroySoon.call(socket);
    over();
    socket.end();
    incoming.once('end', () => socket.destroy());
    // Whoever listens would pause it again.
    incoming.removeAllListeners('data');
    incoming.resume();
  };
  // What Node calls when an answer that closes the connection is written. A function that is written right here would
  // be an old object from its beginning (V8's parser, `CheckAssigningFunctionLiteralToProperty`), and with it this
  // request, and all that is allocated for it, would outlive the collections of young objects.
  socket.destroySoon = endInTime;
}
