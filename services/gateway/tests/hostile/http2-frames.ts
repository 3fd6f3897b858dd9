/** HTTP/2 by hand (RFC 9113, HPACK without tables): what no client library would send. */
import { connect, type TLSSocket } from 'node:tls';
import { appHost } from '../edge-house.ts';

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  more: 9,
};
export const flag = { endStream: 1, ack: 1, endHeaders: 4 };

export interface RawSession {
  readonly socket: TLSSocket;
  send(...frames: readonly Buffer[]): void;
  /** Sends as fast as the other side reads; resolves early when it has closed. */
  flood(frames: Iterable<Buffer>): Promise<void>;
  /** Answers to a stream, as they came: `headers`, `reset 11`, `end`. */
  heard(stream: number): readonly string[];
  /** Waits for the end of a stream or of the session. */
  answer(stream: number, waitMs?: number): Promise<string>;
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  close(): void;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

/** Literal fields that are not indexed (RFC 7541, section 6.2.2), in latin1. */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let left = bytes.length - 127;
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
  return Buffer.concat([Buffer.from([...length, left]), bytes]);
}

export function get(path: string): (readonly [string, string])[] {
  return [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', appHost],
    [':path', path],
  ];
}

export function headers(stream: number, fields: readonly (readonly [string, string])[], end = true): Buffer {
  return frame(frameType.headers, flag.endHeaders | (end ? flag.endStream : 0), stream, block(fields));
}

export async function openRawSession(
  port: number,
  ca: string,
  settings: Buffer = Buffer.alloc(0),
): Promise<RawSession> {
  const socket = connect({ port, host: '127.0.0.1', servername: appHost, ca, ALPNProtocols: ['h2'] });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  socket.on('error', () => {});
  const streams = new Map<number, string[]>();
  const waiting = new Set<() => void>();
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      note(streams, rest.subarray(0, 9 + length));
      rest = rest.subarray(9 + length);
    }
    for (const call of waiting) call();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(frameType.settings, 0, 0, settings));
  return {
    socket,
    closed,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    async flood(frames) {
      for (const each of frames) {
        if (socket.destroyed || !socket.writable) return;
        if (socket.write(each)) continue;
        await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
      }
    },
    heard: (stream) => streams.get(stream) ?? [],
    async answer(stream, waitMs = 3_000) {
      const isOver = () => /reset|end/.test((streams.get(stream) ?? []).join());
      const late = new Promise((resolve) => setTimeout(resolve, waitMs));
      const over = new Promise<void>((resolve) => {
        const look = () => isOver() && resolve();
        waiting.add(look);
        look();
      });
      await Promise.race([over, closed, late]);
      return (streams.get(stream) ?? []).join(' ');
    },
    get isClosed() {
      return socket.destroyed;
    },
    close: () => void socket.destroy(),
  };
}

function note(streams: Map<number, string[]>, bytes: Buffer): void {
  const [type = 0, flags = 0] = [bytes[3], bytes[4]];
  const stream = bytes.readUInt32BE(5) & 0x7fffffff;
  const heard = streams.get(stream) ?? [];
  streams.set(stream, heard);
  // The first byte of a block is 0x88 for `:status: 200`, by the static table.
  if (type === frameType.headers) heard.push(statusByte(bytes.subarray(9)) === 0x88 ? '200' : 'headers');
  if (type === frameType.reset) heard.push(`reset ${bytes.readUInt32BE(9)}`);
  if (type === frameType.goaway) heard.push(`goaway ${bytes.readUInt32BE(13)}`);
  if ((type === frameType.headers || type === frameType.data) && flags & flag.endStream) heard.push('end');
}

/** The first field; updates of the table's size may stand before it. */
function statusByte(fields: Buffer): number | undefined {
  return fields.find((byte) => byte < 0x20 || byte >= 0x40);
}
