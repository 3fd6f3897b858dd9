/**
 * HTTP/2 sessions. nghttp2 itself limits what a session may hold and how many frames may wait (resets, continuations,
 * answers to settings and pings that are not read); frames that cost work although they are read are counted here.
 */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Clock } from '@steading/kit';
import type { FrontLimits } from '#src/front/front-limits.ts';

const windowMs = 10_000;

/** Options of the secure server that hold for each session. */
export function sessionOptions(limits: FrontLimits) {
  return {
    settings: { maxConcurrentStreams: limits.maxStreams, maxHeaderListSize: 16_384, enablePush: false },
    maxHeaderListPairs: 200,
    maxSettings: 16,
    maxSessionMemory: 10,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 10,
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
    unknownProtocolTimeout: limits.handshakeMs,
  };
}

/** Ends a session that sends more pings and settings than a well-meaning client has use for. */
export function watchSession(options: {
  readonly session: ServerHttp2Session;
  readonly limits: FrontLimits;
  readonly clock: Clock;
  readonly refused: () => void;
}): void {
  const { session, limits, clock, refused } = options;
  let count = 0;
  let sinceMs = clock.now();
  const take = () => {
    if (clock.now() - sinceMs > windowMs) {
      sinceMs = clock.now();
      count = 0;
    }
    if (++count !== limits.maxControlFrames) return;
    refused();
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  };
  session.on('ping', take);
  session.on('remoteSettings', take);
  session.on('error', () => session.destroy());
}
