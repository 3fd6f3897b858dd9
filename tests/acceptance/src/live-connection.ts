import type { Agent } from 'node:https';
import { io, type Socket } from 'socket.io-client';

export interface JoinAnswer {
  readonly ok?: true;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A live connection as a browser opens one, or the code by which it was refused. */
export function openLive(
  url: string,
  cookie: string,
  namespace = '/deployments',
  agent?: Agent,
): Promise<Socket | string> {
  const socket = io(`${url}${namespace}`, {
    path: '/realtime',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ...(agent && { agent: agent as unknown as string }),
    extraHeaders: { ...(cookie && { cookie }), origin: url },
  });
  return new Promise((done) => {
    socket.once('connect', () => done(socket));
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
      socket.disconnect();
      done(error.data?.code ?? error.message);
    });
  });
}

export async function join(socket: Socket, asked: unknown): Promise<JoinAnswer> {
  return (await socket.timeout(5_000).emitWithAck('join', asked)) as JoinAnswer;
}
