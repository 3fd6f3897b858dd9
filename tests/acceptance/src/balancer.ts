/** A load balancer as people have it: by TCP, to whoever says ready at `/readyz`, asked ten times a second. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Ports of a gateway on this machine: where connections go, and where it says that it is ready. */
export interface Behind {
  readonly port: number;
  /** Default: `port`; a gateway says it without TLS, too. */
  readonly readyPort?: number;
}

export interface Balancer {
  readonly port: number;
  set(gateways: readonly Behind[]): void;
  ready(): readonly Behind[];
  stop(): Promise<void>;
}

/** @param ownPort where it listens; default: any free port. It passes TLS on as it comes. */
export async function startBalancer(ownPort = 0): Promise<Balancer> {
  let all: readonly Behind[] = [];
  let ready: readonly Behind[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const timer = setInterval(async () => {
    const asked = all;
    const answers = await Promise.all(asked.map(({ port, readyPort = port }) => isReady(readyPort)));
    if (asked === all) ready = asked.filter((_, at) => answers[at]);
  }, 100);
  // Each way ends by itself: who was answered may still be sending.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const next = ready[turn++ % ready.length];
    if (next === undefined) return void socket.destroy();
    const behind = connect({ port: next.port, host: '127.0.0.1', allowHalfOpen: true });
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
  await new Promise<void>((resolve) => server.listen(ownPort, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (gateways) => void (all = gateways),
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
