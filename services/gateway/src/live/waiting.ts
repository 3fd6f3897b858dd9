import type { Socket } from 'socket.io';

/** Packets that were handed to a connection and not yet taken by its reader. */
export function waitingPackets(socket: Socket): number {
  return (socket.conn as unknown as { readonly writeBuffer: readonly unknown[] }).writeBuffer.length;
}
