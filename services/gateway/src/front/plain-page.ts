import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A page that needs nothing: for hosts and apps that have none of their own to show. */
export function plainPage(outgoing: ServerResponse, status: number, text: string, close = false): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  const title = STATUS_CODES[status] ?? 'Error';
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${escapeHtml(text)}</p></html>\n`;
  outgoing.statusCode = status;
  outgoing.setHeader('content-type', 'text/html; charset=utf-8');
  outgoing.setHeader('content-length', Buffer.byteLength(body));
  outgoing.setHeader('cache-control', 'no-store');
  outgoing.setHeader('x-content-type-options', 'nosniff');
  outgoing.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  const { req } = outgoing;
  // A body that nobody reads would stand before the next request.
  if (req.httpVersionMajor < 2 && (close || !req.complete)) outgoing.setHeader('connection', 'close');
  outgoing.end(body);
}

/** Sends somebody elsewhere for good, with the method and the body that they came with. */
export function movedPage(outgoing: ServerResponse, location: string): void {
  outgoing.setHeader('location', location);
  plainPage(outgoing, 308, `Come to ${location} instead.`);
}

/** The same on a connection that has no response object, which ends with it. */
export function rawRefusal(socket: Duplex, status: number, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
