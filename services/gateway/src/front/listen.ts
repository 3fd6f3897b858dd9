import type { AddressInfo, Server } from 'node:net';
import { fail } from '#src/errors.ts';

/** Opens a port, or says in one sentence what to do. Resolves with the port that it got. */
export function listen(server: Server, port: number, address: string, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(explain(error, port, address, setting));
    server.once('error', failed);
    server.listen(port, address, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, port: number, address: string, setting: string): Error {
  if (error.code === 'EADDRINUSE') return fail('gateway.port-taken', { port, address, setting }, error);
  if (error.code === 'EACCES') return fail('gateway.port-refused', { port, setting }, error);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return fail('gateway.address-unknown', { address }, error);
  return error;
}
