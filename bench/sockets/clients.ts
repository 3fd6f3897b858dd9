/**
 * Many Socket.IO connections in one process, by the bare protocol (Engine.IO 4, Socket.IO 5), so that what is measured is
 * the server. Told by its parent what to open; says how late what it hears is. Once a connection has joined, its bytes are
 * searched as they come: taking fifty thousand messages a second apart would keep half a processor from the server.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface Opening {
  readonly url: string;
  readonly namespace: string;
  readonly cookie: string;
  /** Rooms to spread the connections over. */
  readonly rooms: readonly string[];
  readonly count: number;
}

export type Heard = { readonly messages: number; readonly lateMs: readonly number[] };

const sockets: WebSocket[] = [];
let late: number[] = [];
/** At once: more would wait in the server's accept queue. */
const atOnce = 50;

async function open({ url, namespace, cookie, rooms, count }: Opening): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const room = rooms[next++ % rooms.length]!;
      sockets.push(await openOne({ url, namespace, cookie, room }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

interface One {
  readonly url: string;
  readonly namespace: string;
  readonly cookie: string;
  readonly room: string;
}

function openOne({ url, namespace, cookie, room }: One): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const address = `${url.replace('http', 'ws')}/realtime/?EIO=4&transport=websocket`;
    const socket = new WebSocket(address, { headers: { cookie, origin: url }, perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed while it was opened')));
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '2') socket.send('3');
      else if (text.startsWith('0')) socket.send(`40${namespace},`);
      else if (text.startsWith('40'))
        socket.send(`42${namespace},0${JSON.stringify(['join', { topic: 'app', id: room }])}`);
      else if (text.startsWith('43')) {
        if (!text.includes('"ok":true')) return reject(new Error(text));
        listen(socket);
        resolve(socket);
      }
    });
  });
}

const ping = Buffer.from([0x81, 1, 0x32]);
const said = Buffer.from('"at":');
/** Long enough for the number and what ends it. */
const numberBytes = 24;

/** Every message carries when it was said; several may come together, and one in two pieces. */
function listen(socket: WebSocket): void {
  const raw = (socket as unknown as { readonly _socket: Socket })._socket;
  let rest: Buffer = Buffer.alloc(0);
  raw.removeAllListeners('data');
  raw.on('data', (piece: Buffer) => {
    if (piece.includes(ping)) socket.send('3');
    const now = performance.timeOrigin + performance.now();
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    let from = 0;
    for (let at = bytes.indexOf(said); at >= 0; at = bytes.indexOf(said, from)) {
      from = at;
      const number = /^([\d.]+)[,}]/.exec(bytes.toString('latin1', at + said.length, at + said.length + numberBytes));
      if (!number) break;
      late.push(now - Number(number[1]));
      from = at + said.length;
    }
    rest = Buffer.from(bytes.subarray(Math.max(from, bytes.length - said.length - numberBytes)));
  });
}

process.on('message', (asked: Opening | 'heard' | 'close') => {
  if (asked === 'close') process.exit();
  if (asked === 'heard') {
    late.sort((one, other) => one - other);
    process.send!({ messages: late.length, lateMs: [0.5, 0.99, 1].map((share) => at(share)) } satisfies Heard);
    late = [];
    return;
  }
  open(asked).then(
    () => process.send!('open'),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
});

const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
