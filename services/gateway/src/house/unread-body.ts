/**
 * What becomes of a body that nobody read because the answer was clear before: on a connection that is kept, its bytes
 * stand before the next request, which then waits for ever. A small rest is read away; for a large one the connection
 * ends with the answer.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';

const readAwayBytes = 2 ** 20;

/** Asked before the header of an answer is sent: whether the connection has to end with it. */
export function endsConnection(incoming: IncomingMessage): boolean {
  if (incoming.complete || incoming.httpVersionMajor !== 1 || !announcesBody(incoming)) return false;
  return Number(incoming.headers['content-length'] ?? Number.POSITIVE_INFINITY) > readAwayBytes;
}

/** A request without a body is complete only after its answer, where that is given at once. Source: RFC 9112, section 6.3. */
function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * The body for whoever may stop reading it: that ends the copy, and not the connection, on which the answer still has to
 * go. It fails where the person goes away in the middle.
 */
export function bodyOf(incoming: IncomingMessage): Readable {
  const copy = new PassThrough();
  const cut = () => {
    if (!incoming.complete) copy.destroy(new Error('the person went away'));
  };
  incoming.once('close', cut);
  copy.once('close', () => {
    incoming.off('close', cut);
    incoming.unpipe(copy);
  });
  return incoming.pipe(copy);
}

/** After the answer. */
export function readAway(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed || incoming.httpVersionMajor !== 1) return;
  // Whoever listens would pause it again.
  incoming.removeAllListeners('data');
  incoming.resume();
}
