/**
 * The listeners. One HTTP/1.1 port and, if wanted, one TLS port (HTTP/2 and HTTP/1.1); each request goes by its host to
 * the house's own side or to the edge. What is ambiguous is refused here, before anybody reads it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { hostName } from '#src/front/hosts.ts';
import { listen } from '#src/front/listen.ts';
import { plainPage, rawRefusal } from '#src/front/plain-page.ts';
import { requestProblem } from '#src/front/request-problem.ts';

export interface Side {
  request(incoming: IncomingMessage, outgoing: ServerResponse, host: string): void;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, host: string): void;
}

export interface FrontOptions {
  readonly bind: string;
  readonly httpPort: number;
  readonly tls?: { readonly port: number; readonly contextFor: (name: string) => Promise<SecureContext> };
  readonly houseHosts: ReadonlySet<string>;
  readonly house: Side;
  readonly edge: Side;
}

export interface Front {
  /** The port that was opened. */
  start(): Promise<number>;
  /** Takes no more connections; resolves when what is under way is answered, or the signal says it is late. */
  stop(signal: AbortSignal): Promise<void>;
}

const http1 = {
  maxHeaderSize: 16_384,
  headersTimeout: 15_000,
  requestTimeout: 600_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 60_000,
  // Other protocols (h2c) are ignored, as RFC 9110 allows: the request is answered as it is.
  shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === 'websocket',
};

export function createFront(options: FrontOptions): Front {
  const sockets = new Set<Duplex>();
  const side = (host: string) => (options.houseHosts.has(host) ? options.house : options.edge);

  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const problem = requestProblem(incoming);
    const host = hostName(incoming.headers.host ?? authority(incoming));
    if (problem || !host) return plainPage(outgoing, problem?.status ?? 400, problem?.text ?? 'No such host.', true);
    side(host).request(incoming, outgoing, host);
  };
  const onUpgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const problem = requestProblem(incoming);
    const host = hostName(incoming.headers.host);
    if (problem || !host) return rawRefusal(socket, problem?.status ?? 400, problem?.text ?? 'No such host.');
    side(host).upgrade(incoming, socket, head, host);
  };
  const wire = <S extends Server | Http2SecureServer>(server: S): S => {
    const events = server as unknown as Server;
    events.on('request', onRequest);
    events.on('checkContinue', onRequest);
    events.on('checkExpectation', (_incoming, outgoing) => plainPage(outgoing, 417, 'Expectation not known.', true));
    events.on('upgrade', onUpgrade);
    events.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseBroken(error, socket));
    for (const event of ['connection', 'secureConnection'])
      events.on(event, (socket: Duplex) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
    return server;
  };

  const plain = wire(createServer(http1));
  plain.maxHeadersCount = 0;
  const { tls } = options;
  const secure = tls && wire(createTlsServer(tls.contextFor));

  return {
    async start() {
      const port = await listen(plain, options.httpPort, options.bind, 'STEADING_HTTP_PORT');
      if (secure && tls) await listen(secure, tls.port, options.bind, 'STEADING_HTTPS_PORT');
      return port;
    },
    async stop(signal) {
      const end = () => {
        for (const socket of sockets) socket.destroy();
      };
      signal.addEventListener('abort', end, { once: true });
      const all = Promise.all([closed(plain), secure && closed(secure)]);
      // Who has connected and asked for nothing yet would be waited for until the time of its header is up.
      for (const socket of sockets) if ((socket as Socket).bytesRead === 0) socket.destroy();
      await all;
    },
  };
}

function createTlsServer(contextFor: (name: string) => Promise<SecureContext>): Http2SecureServer {
  return createSecureServer({
    ...http1,
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: 200, maxHeaderListSize: 16_384 },
    SNICallback: (name, done) => {
      contextFor(name.toLowerCase()).then(
        (context) => done(null, context),
        (error: Error) => done(error),
      );
    },
  });
}

function authority(incoming: IncomingMessage): string | undefined {
  const value = (incoming.headers as Record<string, string | undefined>)[':authority'];
  return value;
}

function closed(server: Server | Http2SecureServer): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    // Connections that become idle after this call would be kept for the next request, which nobody answers.
    const sweep = setInterval(() => (server as Server).closeIdleConnections?.(), 50);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
  });
}

function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = brokenAnswers[error.code ?? ''] ?? [400, 'This is not a proper HTTP request.'];
  rawRefusal(socket, status, text);
}

const brokenAnswers: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The header is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long.'],
};
