/**
 * Watches requests under way: a body that is awaited must come, an answer that is written must be taken, and what
 * nobody reads must end. Without it a client that sends or reads a byte now and then holds a connection to an app for as
 * long as it likes. Time in which we ourselves do not read (the app is slow) is not the client's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Clock, createChain, type Linked } from '@steading/kit';
import type { Refusal } from '#src/front/connections.ts';
import type { FrontLimits } from '#src/front/front-limits.ts';
import { rawRefusal } from '#src/front/plain-page.ts';

export interface Exchanges {
  /** `ended` is called when the answer is over and no body follows it. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse, ended: () => void): void;
  /** The answers that have not begun yet ask their connections to end. */
  turnAway(): void;
  sweep(): void;
}

interface Exchange extends Linked<Exchange> {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly ended: () => void;
  readonly beganMs: number;
  received: number;
  windowMs: number;
  windowBytes: number;
  stuck: { readonly sinceMs: number; readonly bytes: number } | undefined;
  overMs: number | undefined;
}

export function createExchanges(options: {
  limits: FrontLimits;
  clock: Clock;
  refused: (reason: Refusal) => void;
}): Exchanges {
  const { limits, clock, refused } = options;
  const open = createChain<Exchange>();

  function finish(one: Exchange): void {
    if (open.delete(one)) one.ended();
  }

  function judge(one: Exchange, now: number): Refusal | undefined {
    if (one.overMs !== undefined) return now - one.overMs > limits.lingerMs ? 'unread-body' : undefined;
    if (isUploadLate(one, now, limits)) return 'upload-too-slow';
    return isReaderStuck(one, now, limits) ? 'reader-too-slow' : undefined;
  }

  return {
    begin(incoming, outgoing, ended) {
      const now = clock.now();
      const one: Exchange = {
        ...{ incoming, outgoing, ended, beganMs: now, received: 0, windowMs: now, windowBytes: 0 },
        ...{ stuck: undefined, overMs: undefined, before: undefined, after: undefined },
      };
      open.add(one);
      countBody(incoming, (bytes) => (one.received += bytes));
      outgoing.once('close', () => {
        if (incoming.complete || incoming.socket.destroyed || isStreamClosed(incoming)) return finish(one);
        one.overMs = clock.now();
        incoming.once('end', () => finish(one));
        incoming.once('close', () => finish(one));
      });
    },
    turnAway() {
      for (const { incoming, outgoing } of open)
        if (!streamOf(incoming) && !outgoing.headersSent) outgoing.shouldKeepAlive = false;
    },
    sweep() {
      const now = clock.now();
      for (const one of open) {
        const reason = judge(one, now);
        if (!reason) continue;
        refused(reason);
        cut(one);
      }
    },
  };
}

/** Counts what arrives of a body without reading it: whoever reads it decides when. */
function countBody(incoming: IncomingMessage, count: (bytes: number) => void): void {
  const push = incoming.push.bind(incoming);
  // Not written in place: see `lingerAfter`.
  const countAndPush = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk) count(chunk.length);
    return push(chunk, encoding);
  };
  incoming.push = countAndPush;
}

function isUploadLate(one: Exchange, now: number, limits: FrontLimits): boolean {
  const { incoming, outgoing } = one;
  if (incoming.complete) return false;
  if (now - one.beganMs > limits.uploadMs) return true;
  const isAwaited = incoming.readableLength < incoming.readableHighWaterMark;
  const isOver = now - one.windowMs >= limits.uploadWindowMs;
  const isLate = isOver && one.received - one.windowBytes < limits.uploadWindowBytes;
  if (isOver || !isAwaited || outgoing.headersSent) {
    one.windowMs = now;
    one.windowBytes = one.received;
  }
  // Both may talk as they like once the answer began: that is how streams go both ways.
  return isLate && isAwaited && !outgoing.headersSent;
}

function isReaderStuck(one: Exchange, now: number, limits: FrontLimits): boolean {
  const target = streamOf(one.incoming) ?? one.outgoing;
  const bytes = target.writableLength;
  if (bytes === 0 && !(target.writableEnded && !target.writableFinished)) {
    one.stuck = undefined;
    return false;
  }
  if (one.stuck?.bytes !== bytes) {
    one.stuck = { sinceMs: now, bytes };
    // The same amount may wait again although the last was taken.
    one.outgoing.once('drain', () => (one.stuck = undefined));
    return false;
  }
  return now - one.stuck.sinceMs > limits.readerStallMs + (bytes / limits.readerBytesPerSecond) * 1_000;
}

function cut({ incoming, outgoing }: Exchange): void {
  const stream = streamOf(incoming);
  if (stream) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  else if (!outgoing.headersSent) rawRefusal(incoming.socket, 408, 'The request came too slowly.');
  else incoming.socket.destroy();
}

/** The stream of a request by HTTP/2. */
export function streamOf(incoming: IncomingMessage): ServerHttp2Stream | undefined {
  return (incoming as IncomingMessage & { stream?: ServerHttp2Stream }).stream;
}

function isStreamClosed(incoming: IncomingMessage): boolean {
  const stream = streamOf(incoming);
  return stream !== undefined && (stream.closed || stream.destroyed);
}

/** Nobody waits for this answer any more; its `close` may have been told before anybody listened. */
export function isGone(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  return isStreamClosed(incoming) || outgoing.destroyed || incoming.socket.destroyed;
}
