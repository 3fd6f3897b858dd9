import { createServer } from 'node:net';
import { Failure } from '#src/failure.ts';

/** Fails with one sentence when the house could not listen there. */
export async function checkPort(host: string, port: number): Promise<void> {
  const problem = await tryListen(host, port);
  if (!problem) return;
  if (problem === 'EADDRINUSE')
    throw new Failure(
      `Port ${port} is taken by another program. Choose another one with --port, or stop that program.`,
    );
  if (problem === 'EACCES') throw new Failure(`You may not listen on port ${port}. Choose one above 1023 with --port.`);
  if (problem === 'EADDRNOTAVAIL')
    throw new Failure(`This machine has no address ${host}. Choose another one with --bind.`);
  throw new Failure(`Cannot listen on ${host}:${port} (${problem}). Choose another port with --port.`);
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
