/** WebSockets to apps: the handshake is passed on, then bytes go both ways until either ends or the instance goes. */
import { createHash } from 'node:crypto';
import { type IncomingMessage, request, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newRequestId } from '@steading/kit';
import { type EdgeOptions, originOf, unavailableText } from '#src/edge/edge-requests.ts';
import { answerHeaders, forwardHeaders } from '#src/edge/forward-headers.ts';
import type { Upstream } from '#src/edge/route-table.ts';
import { endIfStuck, tunnel } from '#src/edge/tunnel.ts';
import { rawRefusal } from '#src/front/plain-page.ts';

const connectMs = 10_000;
const maxTries = 4;

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
      tunnel(options, instance.id, { socket, upstream, head, first });
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
