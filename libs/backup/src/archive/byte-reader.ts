/** Reads a stream of pieces by exact counts, holding no more than what was asked for and one piece. */
export interface ByteReader {
  /** Exactly `count` bytes, or fewer where the stream ends before. */
  take(count: number): Promise<Buffer>;
  /** Between 1 and `most` bytes as they come; empty at the end. */
  some(most: number): Promise<Buffer>;
  /** Whether nothing is left. */
  ended(): Promise<boolean>;
}

export function readBytes(source: AsyncIterable<Uint8Array>): ByteReader {
  const pieces = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let over = false;

  async function more(): Promise<boolean> {
    while (!over) {
      const next = await pieces.next();
      if (next.done) {
        over = true;
        return false;
      }
      if (next.value.length === 0) continue;
      held = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      return true;
    }
    return false;
  }

  const reader: ByteReader = {
    async take(count) {
      const parts: Buffer[] = [];
      let missing = count;
      while (missing > 0) {
        const part = await reader.some(missing);
        if (part.length === 0) break;
        parts.push(part);
        missing -= part.length;
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
    async some(most) {
      if (held.length === 0 && !(await more())) return held;
      const part = held.subarray(0, most);
      held = held.subarray(part.length);
      return part;
    },
    ended: async () => held.length === 0 && !(await more()),
  };
  return reader;
}
