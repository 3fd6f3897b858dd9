/** WebSockets to apps: the handshake is passed on, then bytes go both ways until either ends or the instance goes. */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, newRequestId, type Timer } from '@steading/kit';
import { type EdgeOptions, originOf, unavailableText } from '#src/edge/edge-requests.ts';
import { answerHeaders, forwardHeaders } from '#src/edge/forward-headers.ts';
import { createFrameBoundary, restartFrame } from '#src/edge/frame-boundary.ts';
import type { Upstream } from '#src/edge/route-table.ts';
import { rawRefusal } from '#src/front/plain-page.ts';

const connectMs = 10_000;
const maxTries = 4;
/** When its instance goes: how long an answer to what the person said last is waited for. */
const lastAnswerMs = 300;
/** What waits for a reader that takes none of it for this long is given up. */
const stuckMs = 30_000;
/** How long the other side may take to close after our goodbye. */
const goodbyeMs = 2_000;
/** Asks the other machine whether it is still there. */
const keepAliveMs = 60_000;

export function createEdgeWebSockets(options: EdgeOptions) {
  const { table, upstreams } = options;
  return async (incoming: IncomingMessage, socket: Duplex, head: Buffer, host: string): Promise<void> => {
    const route = table.find(host);
    if (!route) return rawRefusal(socket, 404, 'There is nothing at this address.');
    if (route.unavailable) return rawRefusal(socket, 503, unavailableText(route.unavailable));
    if (!isHandshake(incoming)) return rawRefusal(socket, 400, 'This is no WebSocket handshake.');
    const tried = new Set<string>();
    for (let count = 0; count < maxTries; count++) {
      const instance = upstreams.pick(table.serving(route.appId), tried);
      if (!instance || socket.destroyed) break;
      tried.add(instance.id);
      if (await open(options, { incoming, socket, head, host }, instance)) return;
      upstreams.eject(instance.id);
    }
    rawRefusal(socket, 503, 'This app has no running instance at the moment.');
  };
}

/** RFC 6455, section 4.2.1; the version is the app's to judge. */
function isHandshake({ headers }: IncomingMessage): boolean {
  const { connection = '', 'sec-websocket-key': key = '', 'sec-websocket-version': version = '' } = headers;
  return (
    /(^|[\s,])upgrade($|[\s,])/i.test(connection) && /^[+/0-9A-Za-z]{22}==$/.test(key) && /^\d{1,3}$/.test(version)
  );
}

/** RFC 6455, section 4.2.2: who takes a handshake proves that it read it as one. */
function isAcceptance(asked: IncomingMessage, answer: IncomingMessage): boolean {
  const proof = `${asked.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const { upgrade = '', 'sec-websocket-accept': accept } = answer.headers;
  return upgrade.toLowerCase() === 'websocket' && accept === createHash('sha1').update(proof).digest('base64');
}

interface Asked {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly host: string;
}

/** False: nobody took the connection, another instance may be asked. */
function open(options: EdgeOptions, asked: Asked, instance: Upstream): Promise<boolean> {
  const { incoming, socket, head, host } = asked;
  const [address, port] = splitAddress(instance.address);
  const headers = forwardHeaders(incoming.rawHeaders, originOf(incoming, host, newRequestId()));
  headers.push('connection', 'Upgrade', 'upgrade', 'websocket');
  return new Promise((resolve) => {
    const sent = request({ host: address, port, path: incoming.url, method: 'GET', headers, agent: false });
    const left = () => sent.destroy();
    const settle = (taken: boolean) => {
      timer.cancel();
      socket.off('close', left);
      resolve(taken);
    };
    const timer = options.clock.after(connectMs, () => sent.destroy(new Error('no answer in time')));
    socket.once('close', left);
    sent.once('error', () => settle(socket.destroyed));
    sent.once('upgrade', (answer, upstream, first) => {
      settle(true);
      if (!isAcceptance(incoming, answer)) {
        upstream.destroy();
        return rawRefusal(socket, 502, 'What the app answered is no WebSocket.');
      }
      socket.write(headText(answer));
      tunnel(options, instance, { socket, upstream, head, first });
    });
    // The app says no, in its own words.
    sent.once('response', (answer) => {
      settle(true);
      endIfStuck(socket, options.clock);
      socket.write(headText(answer, ['connection', 'close']));
      answer.once('error', () => socket.destroy());
      answer.pipe(socket);
    });
    sent.end();
  });
}

interface Ends {
  readonly socket: Duplex;
  readonly upstream: Duplex;
  readonly head: Buffer;
  readonly first: Buffer;
}

function tunnel({ upstreams, clock }: EdgeOptions, instance: Upstream, ends: Ends): void {
  const { socket, upstream, head, first } = ends;
  const frames = createFrameBoundary();
  let closing: 'no' | 'answered' | 'now' = 'no';
  let answered = true;
  let hurry: Timer | undefined;
  const done = upstreams.begin(instance.id);
  endIfStuck(socket, clock);
  if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs);
  const end = () => {
    forget();
    done();
    hurry?.cancel();
    socket.destroy();
    upstream.destroy();
  };
  const sayGoodbye = () => {
    hurry?.cancel();
    socket.end(restartFrame);
    upstream.destroy();
    // Reads away what still comes, so that the other side's goodbye is seen; some say none.
    socket.unpipe(upstream);
    socket.resume();
    hurry = clock.after(goodbyeMs, end);
  };
  const toPerson = (chunk: Buffer) => {
    if (closing === 'now') {
      const rest = frames.restOfFrame(chunk);
      socket.write(rest === undefined ? chunk : chunk.subarray(0, rest));
      if (rest !== undefined) sayGoodbye();
      return;
    }
    answered = true;
    frames.push(chunk);
    if (!socket.write(chunk)) upstream.pause();
    if (closing === 'answered' && frames.atBoundary) sayGoodbye();
  };
  const forget = upstreams.track(instance.id, {
    close() {
      if (closing !== 'no') return;
      closing = 'answered';
      if (answered && frames.atBoundary) return sayGoodbye();
      // What was said last is most likely a question: its answer is let through, if it comes soon.
      hurry = clock.after(lastAnswerMs, () => {
        closing = 'now';
        if (frames.atBoundary) sayGoodbye();
      });
    },
  });
  socket.on('drain', () => upstream.resume());
  upstream.on('data', toPerson);
  upstream.once('end', () => socket.end());
  upstream.once('error', end);
  upstream.once('close', () => {
    if (closing === 'no') socket.end();
  });
  socket.once('error', end);
  socket.once('close', end);
  if (first.length > 0) toPerson(first);
  socket.on('data', () => (answered = false));
  if (head.length > 0) {
    answered = false;
    upstream.write(head);
  }
  socket.pipe(upstream);
}

/** Ends a connection whose reader took nothing of what waits for it between two looks. */
function endIfStuck(socket: Duplex, clock: Clock): void {
  let takenBefore = -1;
  let timer: Timer;
  const look = () => {
    const taken = ((socket as Partial<Socket>).bytesWritten ?? 0) - socket.writableLength;
    if (socket.writableLength > 0 && taken === takenBefore) return void socket.destroy();
    takenBefore = taken;
    timer = clock.after(stuckMs, look);
  };
  look();
  socket.once('close', () => timer.cancel());
}

function headText(
  answer: IncomingMessage,
  extra: readonly string[] = ['connection', 'Upgrade', 'upgrade', 'websocket'],
) {
  const headers = [...answerHeaders(answer.rawHeaders), ...extra];
  let text = `HTTP/1.1 ${answer.statusCode} ${STATUS_CODES[answer.statusCode ?? 0] ?? ''}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at).replace(/^\[|\]$/g, ''), Number(address.slice(at + 1))];
}
