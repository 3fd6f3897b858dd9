/**
 * Bytes of a WebSocket both ways, until either side ends it or the instance goes. Then the person is told to come again
 * (1012) once what was asked is answered, and is still listened to until the goodbye is answered: what was said while it
 * was on its way reaches the app. What the app says after it has nobody to go to (RFC 6455, section 5.5.1).
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@steading/kit';
import { createFrameBoundary, restartFrame } from '#src/edge/frame-boundary.ts';
import type { Upstreams } from '#src/edge/upstreams.ts';

/** When its instance goes: how long answers to what the person asked are waited for. */
const lastAnswersMs = 700;
/** What waits for a reader that takes none of it for this long is given up. */
const stuckMs = 30_000;
/** How long the other side may take to close after our goodbye. */
const goodbyeMs = 2_000;
/** Asks the other machine whether it is still there. */
const keepAliveMs = 60_000;

interface Ends {
  readonly socket: Duplex;
  readonly upstream: Duplex;
  readonly head: Buffer;
  readonly first: Buffer;
}

export function tunnel(options: { upstreams: Upstreams; clock: Clock }, instanceId: string, ends: Ends): void {
  const { upstreams, clock } = options;
  const { socket, upstream, head, first } = ends;
  const told = createFrameBoundary();
  const said = createFrameBoundary();
  let state: 'open' | 'until answered' | 'until the frame ends' | 'said goodbye' = 'open';
  /** Messages of the person less messages of the app, as in a protocol of questions and answers; never negative. */
  let unanswered = 0;
  let hurry: Timer | undefined;
  const done = upstreams.begin(instanceId);
  const end = () => {
    forget();
    done();
    hurry?.cancel();
    socket.destroy();
    upstream.destroy();
  };
  const sayGoodbye = () => {
    hurry?.cancel();
    state = 'said goodbye';
    upstream.resume();
    socket.end(restartFrame);
    hurry = clock.after(goodbyeMs, end);
  };
  const toPerson = (chunk: Buffer) => {
    if (state === 'said goodbye') return;
    if (state === 'until the frame ends') {
      const rest = told.restOfFrame(chunk);
      socket.write(rest === undefined ? chunk : chunk.subarray(0, rest));
      if (rest !== undefined) sayGoodbye();
      return;
    }
    unanswered = Math.max(0, unanswered - told.push(chunk));
    if (!socket.write(chunk)) upstream.pause();
    if (state === 'until answered' && unanswered === 0 && told.atBoundary) sayGoodbye();
  };
  const forget = upstreams.track(instanceId, {
    close() {
      if (state !== 'open') return;
      state = 'until answered';
      if (unanswered === 0 && told.atBoundary) return sayGoodbye();
      hurry = clock.after(lastAnswersMs, () => {
        state = 'until the frame ends';
        if (told.atBoundary) sayGoodbye();
      });
    },
  });
  const appEnds = () => {
    if (state === 'said goodbye') {
      // Reads away what still comes, so that the person's goodbye is seen; some say none.
      socket.unpipe(upstream);
      socket.resume();
    } else if (state !== 'open' && told.atBoundary) sayGoodbye();
    else socket.end();
  };
  endIfStuck(socket, clock);
  if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs);
  socket.on('drain', () => upstream.resume());
  upstream.on('data', toPerson);
  upstream.once('end', appEnds);
  upstream.once('close', appEnds);
  upstream.once('error', () => (state === 'open' ? end() : appEnds()));
  socket.once('error', end);
  socket.once('close', end);
  if (first.length > 0) toPerson(first);
  socket.on('data', (chunk: Buffer) => (unanswered += said.push(chunk)));
  if (head.length > 0) {
    unanswered += said.push(head);
    upstream.write(head);
  }
  socket.pipe(upstream);
}

/** Ends a connection whose reader took nothing of what waits for it between two looks. */
export function endIfStuck(socket: Duplex, clock: Clock): void {
  let takenBefore = -1;
  let timer: Timer;
  const look = () => {
    const taken = ((socket as Partial<Socket>).bytesWritten ?? 0) - socket.writableLength;
    if (socket.writableLength > 0 && taken === takenBefore) return void socket.destroy();
    takenBefore = taken;
    timer = clock.after(stuckMs, look);
  };
  look();
  socket.once('close', () => timer.cancel());
}
