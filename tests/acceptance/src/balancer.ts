/** A load balancer as people have it: by TCP, to whoever says ready at `/readyz`, asked ten times a second. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Balancer {
  readonly port: number;
  /** Ports of the gateways on this machine. */
  set(ports: readonly number[]): void;
  ready(): readonly number[];
  stop(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  let all: readonly number[] = [];
  let ready: readonly number[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const timer = setInterval(async () => {
    const asked = all;
    const answers = await Promise.all(asked.map(isReady));
    if (asked === all) ready = asked.filter((_, at) => answers[at]);
  }, 100);
  // Each way ends by itself: who was answered may still be sending.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const port = ready[turn++ % ready.length];
    if (port === undefined) return void socket.destroy();
    const behind = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const one of [socket, behind]) {
      sockets.add(one);
      one.once('close', () => sockets.delete(one));
    }
    socket.once('error', () => behind.destroy());
    // What was answered before the gateway closed still reaches a client that goes on sending.
    behind.once('error', () => {
      socket.unpipe(behind);
      socket.resume();
      socket.end();
      setTimeout(() => socket.destroy(), 2_000).unref();
    });
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (ports) => void (all = ports),
    ready: () => ready,
    async stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2_000),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
