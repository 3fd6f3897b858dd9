import { connect } from 'node:net';
import { setImmediate as soon } from 'node:timers/promises';

/**
 * Sends bytes, in pieces if told; when nothing came for `quietMs`, ends its side. Resolves with all that came back when
 * the other side ends too, or after `waitMs`.
 */
export function exchangeRaw(
  port: number,
  pieces: readonly string[],
  { quietMs = 60, waitMs = 3_000 }: { quietMs?: number; waitMs?: number } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const late = setTimeout(() => socket.destroy(), waitMs);
    let quiet: NodeJS.Timeout;
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.end(), quietMs);
    };
    socket.on('connect', async () => {
      for (const piece of pieces) {
        if (!socket.writable) break;
        socket.write(piece, 'latin1');
        await soon();
      }
      wait();
    });
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      wait();
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(quiet);
      clearTimeout(late);
      resolve(heard);
    });
  });
}
