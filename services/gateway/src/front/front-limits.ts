/** What one client, and all of them together, may hold of the door. Every figure is a default; tests use smaller ones. */
export interface FrontLimits {
  /** Open connections in all. Beyond it the one that has been idle longest goes, or else the newcomer. */
  readonly maxConnections: number;
  /** Open connections of one address (of one /64 of IPv6). This machine itself is a proxy or its operator: not counted. */
  readonly maxPerAddress: number;
  readonly countLoopback: boolean;
  /** From the first byte to the end of a header, and for the first request of a connection to begin. */
  readonly headerMs: number;
  readonly handshakeMs: number;
  /** Without a request under way. */
  readonly idleMs: number;
  /** A body that is awaited brings at least this many bytes in each such time, until its answer begins. */
  readonly uploadWindowMs: number;
  readonly uploadWindowBytes: number;
  /** Longest for a whole body, however fast. */
  readonly uploadMs: number;
  /** Of what was written nothing was taken for so long, and for one second more for each `readerBytesPerSecond` of it. */
  readonly readerStallMs: number;
  readonly readerBytesPerSecond: number;
  /** The answer is over, and the body that nobody reads goes on. */
  readonly lingerMs: number;
  /** How often the above is looked at, while anything is open. */
  readonly sweepMs: number;
  /** HTTP/2: streams at once, and resets (CVE-2023-44487), pings and settings of a session before it is ended. */
  readonly maxStreams: number;
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** In ten seconds. */
  readonly maxControlFrames: number;
}

export const defaultFrontLimits: FrontLimits = {
  maxConnections: 16_384,
  maxPerAddress: 512,
  countLoopback: false,
  headerMs: 15_000,
  handshakeMs: 10_000,
  idleMs: 60_000,
  uploadWindowMs: 30_000,
  uploadWindowBytes: 30_720,
  uploadMs: 3_600_000,
  readerStallMs: 60_000,
  readerBytesPerSecond: 4_096,
  lingerMs: 5_000,
  sweepMs: 5_000,
  maxStreams: 100,
  resetBurst: 200,
  resetsPerSecond: 33,
  maxControlFrames: 200,
};
