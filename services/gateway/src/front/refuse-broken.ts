import type { Duplex } from 'node:stream';
import type { Connection } from '#src/front/connections.ts';
import { rawRefusal } from '#src/front/plain-page.ts';

/** Answers what the parser could not read, where that answer cannot be taken for another one, and ends the connection. */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex, connection: Connection | undefined): void {
  const isTls = /^ERR_(TLS|SSL)_/.test(error.code ?? '');
  if (isTls || error.code === 'ECONNRESET' || !socket.writable || !awaitsThisAnswer(connection)) {
    socket.destroy();
    return;
  }
  const [status, text] = brokenAnswers[error.code ?? ''] ?? [400, 'This is not a proper HTTP request.'];
  rawRefusal(socket, status, text);
}

/** Not so while the answer to a request before the broken one is due: the refusal would be taken for it, or for its rest. */
function awaitsThisAnswer(connection: Connection | undefined): boolean {
  if (!connection || connection.busy === 0) return true;
  const { busy, last } = connection;
  return busy === 1 && last !== undefined && !last.incoming.complete && !last.outgoing.headersSent;
}

const brokenAnswers: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The header is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long.'],
};
