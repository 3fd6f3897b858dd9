/**
 * Many Socket.IO connections in one process, by the bare protocol (Engine.IO 4, Socket.IO 5), so that what is measured is
 * the server. Told by its parent what to open; says how late what it hears is.
 */
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
        if (text.includes('"ok":true')) resolve(socket);
        else reject(new Error(text));
      } else if (text.startsWith('42')) hear(text);
    });
  });
}

/** Every message carries when it was said; several may come together. */
function hear(text: string): void {
  const now = performance.timeOrigin + performance.now();
  for (let at = text.indexOf('"at":'); at >= 0; at = text.indexOf('"at":', at + 5))
    late.push(now - Number.parseFloat(text.slice(at + 5, at + 25)));
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
