/**
 * Follows WebSocket frames (RFC 6455, section 5.2) without reading what they carry, so that a frame of our own can be
 * put between two of theirs. The opening handshake may have agreed on extensions: they do not change the framing.
 */
export interface FrameBoundary {
  /** Takes the next bytes; how many messages (not pings, pongs or closes) were whole with them. */
  push(chunk: Buffer): number;
  /** Between two frames. */
  readonly atBoundary: boolean;
  /** Bytes of `chunk`, from its start, until the frame that runs is over; undefined: it goes on behind it. */
  restOfFrame(chunk: Buffer): number | undefined;
}

export function createFrameBoundary(): FrameBoundary {
  let header: number[] = [];
  let left = 0;
  let endsMessage = false;

  /** Position behind the first end of a frame at or after `from`, or undefined. */
  function step(chunk: Buffer, from: number): number | undefined {
    let at = from;
    while (at < chunk.length) {
      if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        left -= taken;
        at += taken;
        if (left === 0) return at;
        continue;
      }
      header.push(chunk[at++]!);
      const payload = payloadAfter(header);
      if (payload === undefined) continue;
      endsMessage = isLastOfMessage(header[0]!);
      header = [];
      left = payload;
      if (left === 0) return at;
    }
    return undefined;
  }

  return {
    push(chunk) {
      let messages = 0;
      let at: number | undefined = 0;
      while (at !== undefined && at < chunk.length) {
        at = step(chunk, at);
        if (at !== undefined && endsMessage) messages++;
      }
      return messages;
    },
    get atBoundary() {
      return left === 0 && header.length === 0;
    },
    restOfFrame: (chunk) => step(chunk, 0),
  };
}

/** The FIN bit, and no control frame (opcodes from 8 on). */
function isLastOfMessage(first: number): boolean {
  return (first & 0x88) === 0x80;
}

/** The payload's length once the header (with its mask) is whole. */
function payloadAfter(header: readonly number[]): number | undefined {
  if (header.length < 2) return undefined;
  const short = header[1]! & 0x7f;
  const mask = header[1]! & 0x80 ? 4 : 0;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (header.length < 2 + extra + mask) return undefined;
  if (extra === 0) return short;
  return header.slice(2, 2 + extra).reduce((value, byte) => value * 256 + byte, 0);
}

/** A close frame without mask, as a server sends it: 1012, service restart. */
export const restartFrame = Buffer.from([0x88, 0x02, 0x03, 0xf4]);
