import { io, type Socket } from 'socket.io-client';

export interface JoinAnswer {
  readonly ok?: true;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A live connection as a browser opens one, or the code by which it was refused. */
export function openLive(url: string, cookie: string, namespace = '/deployments'): Promise<Socket | string> {
  const socket = io(`${url}${namespace}`, {
    path: '/realtime',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
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

/** Reads server-sent events until they end; `ended` resolves with the time when they did. */
export async function openEvents(url: string, who: { readonly cookie: string } | { readonly authorization: string }) {
  const answer = await fetch(url, { headers: { ...who, accept: 'text/event-stream' } });
  let text = '';
  const ended = (async () => {
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
    } catch {
      // Cut off: an end as well.
    }
    return performance.now();
  })();
  return { status: answer.status, text: () => text, ended };
}
