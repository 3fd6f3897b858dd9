/**
 * What becomes of a body that nobody read because the answer was clear before: on a connection that is kept, its bytes
 * stand before the next request, which then waits for ever. A small rest is read away; for a large one the connection
 * ends with the answer.
 */
import type { IncomingMessage } from 'node:http';

const readAwayBytes = 2 ** 20;

/** Asked before the header of an answer is sent: whether the connection has to end with it. */
export function endsConnection(incoming: IncomingMessage): boolean {
  if (incoming.complete || incoming.httpVersionMajor !== 1) return false;
  return Number(incoming.headers['content-length'] ?? Number.POSITIVE_INFINITY) > readAwayBytes;
}

/** After the answer. */
export function readAway(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed || incoming.httpVersionMajor !== 1) return;
  // Whoever listens would pause it again.
  incoming.removeAllListeners('data');
  incoming.resume();
}
