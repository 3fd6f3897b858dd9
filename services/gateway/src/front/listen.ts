import type { AddressInfo, Server } from 'node:net';
import type { Succession } from '@steading/service';
import { fail } from '#src/errors.ts';

export interface ListenOptions {
  /** What the socket is called when it is handed over. */
  readonly name: string;
  readonly port: number;
  readonly address: string;
  /** The setting to name in an error. */
  readonly setting: string;
  readonly succession?: Succession | undefined;
}

/** Waiting connections that the kernel keeps, as far as it may (net.core.somaxconn). */
const backlog = 4_096;

/** Opens a port, or says in one sentence what to do. Resolves with the port that it got. */
export function listen(server: Server, options: ListenOptions): Promise<number> {
  const { name, port, address, succession } = options;
  const fd = succession?.inherited(name);
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(explain(error, options));
    server.once('error', failed);
    server.listen(fd === undefined ? { port, host: address, backlog } : { fd, backlog }, () => {
      server.off('error', failed);
      succession?.opened(name, server);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, { port, address, setting }: ListenOptions): Error {
  if (error.code === 'EADDRINUSE') return fail('gateway.port-taken', { port, address, setting }, error);
  if (error.code === 'EACCES') return fail('gateway.port-refused', { port, setting }, error);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return fail('gateway.address-unknown', { address }, error);
  return error;
}
