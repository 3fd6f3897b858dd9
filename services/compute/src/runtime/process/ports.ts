import { createServer, type Server } from 'node:net';

/**
 * Ports for instances. Two houses on one machine do not collide: each holds an abstract socket named after
 * the port for as long as the port is its own (Linux; freed by the kernel when a house dies). The range lies below the
 * kernel's own range for outgoing connections, so that none of those takes a port between the choice and the use.
 */
export interface Ports {
  take(): Promise<Port>;
  /** Holds the port of an instance that was found running. */
  hold(port: number): Promise<Port>;
}

export interface Port {
  readonly number: number;
  release(): void;
}

export function createPorts({ first, last, host }: { first: number; last: number; host: string }): Ports {
  const mine = new Set<number>();
  let next = first + Math.floor(Math.random() * (last - first));

  async function hold(number: number): Promise<Port> {
    mine.add(number);
    const lock = await lockOf(number);
    return portOf(number, lock);
  }

  function portOf(number: number, lock: Server | undefined): Port {
    return {
      number,
      release() {
        mine.delete(number);
        lock?.close();
      },
    };
  }

  return {
    hold,
    async take() {
      for (let tried = 0; tried <= last - first; tried++) {
        const number = next;
        next = next >= last ? first : next + 1;
        if (mine.has(number)) continue;
        mine.add(number);
        const lock = await lockOf(number);
        if ((lock || process.platform !== 'linux') && (await isFree(number, host))) return portOf(number, lock);
        lock?.close();
        mine.delete(number);
      }
      throw new Error(`no free port from ${first} to ${last}`);
    },
  };
}

function lockOf(port: number): Promise<Server | undefined> {
  if (process.platform !== 'linux') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once('error', () => resolve(undefined));
    server.listen(`\0steading-port-${port}`, () => resolve(server));
  });
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
