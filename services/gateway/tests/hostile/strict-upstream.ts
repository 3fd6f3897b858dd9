/**
 * An app that records exactly the bytes it was sent, reads them strictly, and answers as it is told.
 * A byte that is no part of a proper request is a violation: the proxy wrote it.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { readStrictly, type StrictRequest } from './strict-requests.ts';

export interface StrictUpstream {
  readonly address: string;
  /** Whole requests, in the order of their ends. */
  readonly requests: StrictRequest[];
  /** What was sent that is no request. */
  readonly violations: string[];
  readonly open: number;
  stop(): Promise<void>;
}

/** What to answer with; default: 200 with the method and target. A string is bytes, one for each character. */
export type Answer = (request: StrictRequest) => { readonly bytes: string | Buffer; readonly ends?: boolean };

export async function startStrictUpstream(answer: Answer = plainAnswer): Promise<StrictUpstream> {
  const requests: StrictRequest[] = [];
  const violations: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let bytes = '';
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      const read = readStrictly(bytes);
      bytes = bytes.slice(read.end);
      for (const request of read.requests) {
        requests.push(request);
        const { bytes: said, ends } = answer(request);
        socket.write(said, 'latin1');
        if (ends) socket.end();
      }
      if (read.problem === undefined) return;
      violations.push(`${read.problem}: ${JSON.stringify(bytes.slice(0, 400))}`);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    violations,
    get open() {
      return sockets.size;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function plainAnswer({ method, target }: StrictRequest) {
  const body = method === 'HEAD' ? '' : `${method} ${target}`;
  return { bytes: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-app: strict\r\n\r\n${body}` };
}
