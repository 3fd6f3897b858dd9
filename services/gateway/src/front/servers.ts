/** The servers of the front: their options, and how they take no more. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { Server as NetServer } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { FrontLimits } from '#src/front/front-limits.ts';
import { sessionOptions } from '#src/front/sessions.ts';

export interface FrontTls {
  readonly port: number;
  readonly contextFor: (name: string) => Promise<SecureContext>;
  /** For clients that name nobody, in PEM. */
  readonly unnamed?: { readonly cert: string; readonly key: string };
}

export function createPlainServer(limits: FrontLimits): Server {
  const server = createServer(http1Options(limits));
  // Counted by the front, which says so; the parser would leave the rest out without a word.
  server.maxHeadersCount = 0;
  return server;
}

export function createTlsServer({ contextFor, unnamed }: FrontTls, limits: FrontLimits): Http2SecureServer {
  return createSecureServer({
    ...http1Options(limits),
    ...sessionOptions(limits),
    ...unnamed,
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.handshakeMs,
    SNICallback: (name, done) => {
      contextFor(name.toLowerCase()).then(
        (context) => done(null, context),
        (error: Error) => done(error),
      );
    },
  });
}

function http1Options(limits: FrontLimits) {
  return {
    maxHeaderSize: 16_384,
    headersTimeout: limits.headerMs,
    // Bodies are timed by how they come along, not as a whole.
    requestTimeout: 0,
    connectionsCheckingInterval: limits.sweepMs,
    keepAliveTimeout: limits.idleMs,
    // Ours to refuse: what follows on the connection must not be read then.
    requireHostHeader: false,
    // Other protocols (h2c) are ignored, as RFC 9110 allows: the request is answered as it is.
    shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === 'websocket',
  };
}

/** Takes no more connections, and resolves when the last one has ended. */
export function closeServer(server: Server | Http2SecureServer, connections: { closeIdle(): void }): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    // Connections that become idle after this call would be kept for the next request, which nobody answers.
    const look = setInterval(() => connections.closeIdle(), 50);
    // HTTP servers' own `close` cuts connections whose first request is still on its way.
    NetServer.prototype.close.call(server, () => {
      clearInterval(look);
      server.close(() => {});
      resolve();
    });
  });
}
