/** Socket.IO alone: rooms without a session, a permission or a database. Says its port on the first line. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer();
const io = new Server(server, { path: '/realtime', serveClient: false, transports: ['websocket'] });
io.of('/deployments').on('connection', (socket) => {
  socket.on('join', ({ id }: { id: string }, done: (answer: unknown) => void) => {
    void socket.join(id);
    done({ ok: true });
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
process.once('SIGTERM', () => process.exit());
