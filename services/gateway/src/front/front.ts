/**
 * The listeners. One HTTP/1.1 port and, if wanted, one TLS port (HTTP/2 and HTTP/1.1); each request goes by its host to
 * the house's own side or to the edge. What is ambiguous is refused here, before anybody reads it, and whoever takes
 * more than the limits give.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@steading/kit';
import type { Succession } from '@steading/service';
import { type Connection, createConnections, type Refusal } from '#src/front/connections.ts';
import { createExchanges, streamOf } from '#src/front/exchanges.ts';
import { defaultFrontLimits, type FrontLimits } from '#src/front/front-limits.ts';
import { hostName } from '#src/front/hosts.ts';
import { lingerAfter } from '#src/front/linger.ts';
import { listen } from '#src/front/listen.ts';
import { movedPage, plainPage, rawRefusal } from '#src/front/plain-page.ts';
import { refuseBroken } from '#src/front/refuse-broken.ts';
import { isMisdirected, type RequestProblem, requestProblem, upgradeProblem } from '#src/front/request-problem.ts';
import type { SecureAddress } from '#src/front/secure-address.ts';
import { closeServer, createPlainServer, createTlsServer, type FrontTls } from '#src/front/servers.ts';
import { watchSession } from '#src/front/sessions.ts';

export interface Side {
  request(incoming: IncomingMessage, outgoing: ServerResponse, host: string): void;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, host: string): void;
}

export interface FrontOptions {
  readonly bind: string;
  readonly httpPort: number;
  readonly tls?: FrontTls;
  readonly houseHosts: ReadonlySet<string>;
  readonly house: Side;
  readonly edge: Side;
  /** Where requests without TLS are sent; default: nowhere. */
  readonly secureAddress?: SecureAddress | undefined;
  readonly clock: Clock;
  /** Default: `defaultFrontLimits`. */
  readonly limits?: Partial<FrontLimits>;
  /** Told whenever a limit refuses or ends something. */
  readonly refused?: (reason: Refusal) => void;
  /** The sockets of the process before this one, and those for the next. */
  readonly succession?: Succession | undefined;
}

export interface Front {
  /** The port that was opened. */
  start(): Promise<number>;
  /** From now on every answer asks its connection to end, so that clients go elsewhere, or come again. */
  turnAway(): void;
  /** Takes no more connections; resolves when what is under way is answered, or the signal says it is late. */
  stop(signal: AbortSignal): Promise<void>;
}

export function createFront(options: FrontOptions): Front {
  const { tls, clock, refused = () => {} } = options;
  const limits = { ...defaultFrontLimits, ...options.limits };
  const connections = createConnections({ limits, clock, refused });
  const exchanges = createExchanges({ limits, clock, refused });
  let isLeaving = false;
  let timer: Timer | undefined;

  /** Only while somebody is connected: at rest it costs nothing. */
  function sweepSoon(): void {
    timer ??= clock.after(limits.sweepMs, () => {
      timer = undefined;
      exchanges.sweep();
      connections.sweep();
      if (connections.size > 0) sweepSoon();
    });
  }

  /** False: nobody may read this request. */
  function begin(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const connection = connections.of(incoming.socket);
    if (connection) {
      if (connection.isOver && incoming.httpVersionMajor === 1) return false;
      connections.begin(connection);
      connection.last = { incoming, outgoing };
      lingerAfter(incoming, () => (connection.isOver = true));
    }
    if (isLast(incoming, connection)) outgoing.shouldKeepAlive = false;
    exchanges.begin(incoming, outgoing, () => {
      if (connection) connections.end(connection);
    });
    return true;
  }

  /** Node drops what was read together with an upgrade that nobody takes: what follows may begin anywhere. */
  function isLast(incoming: IncomingMessage, connection: Connection | undefined): boolean {
    if (incoming.httpVersionMajor !== 1) return false;
    const untaken = incoming.headers.upgrade !== undefined;
    if (untaken && connection) connection.isOver = true;
    return untaken || isLeaving || options.succession?.isUnderWay === true;
  }

  function refuse(incoming: IncomingMessage, outgoing: ServerResponse, { status, text }: RequestProblem): void {
    const connection = connections.of(incoming.socket);
    if (connection) connection.isOver = true;
    plainPage(outgoing, status, text, true);
  }

  const entry = createEntry(options);
  const wire = <S extends Server | Http2SecureServer>(server: S): S => {
    const events = server as unknown as Server;
    const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      if (!begin(incoming, outgoing)) return;
      const problem = entry.request(incoming, outgoing);
      if (problem) refuse(incoming, outgoing, problem);
    };
    events.on('request', onRequest);
    events.on('checkContinue', onRequest);
    events.on('checkExpectation', (incoming, outgoing) => {
      if (begin(incoming, outgoing)) refuse(incoming, outgoing, { status: 417, text: 'Expectation not known.' });
    });
    events.on('upgrade', (incoming, socket, head) => {
      const connection = connections.of(incoming.socket);
      if (connection?.isOver) return void socket.destroy();
      if (connection) {
        connections.begin(connection);
        connection.isOver = true;
      }
      entry.upgrade(incoming, socket, head);
    });
    events.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      refuseBroken(error, socket, connections.of(socket as Socket)),
    );
    events.on('connection', (socket: Socket) => {
      if (connections.admit(socket)) sweepSoon();
    });
    return server;
  };

  const plain = wire(createPlainServer(limits));
  const secure = tls && wire(createTlsServer(tls, limits));
  secure?.on('secureConnection', (socket) => socket.disableRenegotiation());
  secure?.on('session', (session: ServerHttp2Session) => {
    const connection = connections.of(session.socket);
    if (connection) connection.session = session;
    if (isLeaving) session.close();
    watchSession({ session, limits, clock, refused: () => refused('frames') });
  });

  function turnAway(): void {
    isLeaving = true;
    exchanges.turnAway();
    connections.closeSessions();
  }

  return {
    async start() {
      const { bind: address, succession } = options;
      const shared = { address, succession };
      const port = await listen(plain, {
        ...shared,
        name: 'http',
        port: options.httpPort,
        setting: 'STEADING_HTTP_PORT',
      });
      if (secure && tls)
        await listen(secure, { ...shared, name: 'https', port: tls.port, setting: 'STEADING_HTTPS_PORT' });
      return port;
    },
    turnAway,
    async stop(signal) {
      turnAway();
      signal.addEventListener('abort', () => connections.destroyAll(), { once: true });
      if (signal.aborted) connections.destroyAll();
      await Promise.all([closeServer(plain, connections), secure && closeServer(secure, connections)]);
      timer?.cancel();
    },
  };
}

/** Which side a request is for, or why for none. */
function createEntry(options: FrontOptions) {
  const { houseHosts, house, edge } = options;
  const side = (host: string) => (houseHosts.has(host) ? house : edge);

  function read(incoming: IncomingMessage): { host: string } | { problem: RequestProblem } {
    const problem = requestProblem(incoming);
    if (problem) return { problem };
    const host = hostName(authorityOf(incoming));
    if (!host) return { problem: { status: 400, text: 'No such host.' } };
    if (!isMisdirected(incoming, host, houseHosts)) return { host };
    return { problem: { status: 421, text: 'This connection was opened for another name.' } };
  }

  return {
    request(incoming: IncomingMessage, outgoing: ServerResponse): RequestProblem | undefined {
      const found = read(incoming);
      if ('problem' in found) return found.problem;
      const better = options.secureAddress?.(incoming, found.host);
      if (better) movedPage(outgoing, better);
      else side(found.host).request(incoming, outgoing, found.host);
      return undefined;
    },
    upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('error', () => socket.destroy());
      const found = read(incoming);
      const problem = 'problem' in found ? found.problem : upgradeProblem(incoming);
      if (problem) rawRefusal(socket, problem.status, problem.text);
      else if ('host' in found) side(found.host).upgrade(incoming, socket, head, found.host);
    },
  };
}

/** The host that a request names. */
function authorityOf(incoming: IncomingMessage): string | undefined {
  const named = streamOf(incoming) && (incoming.headers as Record<string, string | undefined>)[':authority'];
  return named ?? incoming.headers.host;
}
