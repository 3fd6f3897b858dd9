import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Up to this a body is held in memory, so that it can be sent once more. */
export const bufferedBytes = 65_536;

export class BodyTooLarge extends Error {}

export interface RequestBody {
  /** What one attempt sends. */
  open(): Buffer | Readable | null;
  readonly repeatable: boolean;
}

/**
 * The body of a request: none, all of it in memory (small, of a stated length), or a stream that starts to read only
 * when a connection takes it.
 */
export async function readBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  maxBytes: number,
): Promise<RequestBody> {
  const stated = incoming.headers['content-length'];
  const length = stated === undefined ? undefined : Number(stated);
  if (length !== undefined && length > maxBytes) throw new BodyTooLarge();
  const isHttp2 = incoming.httpVersionMajor >= 2;
  const hasBody =
    length !== undefined ? length > 0 : isHttp2 ? !incoming.readableEnded && !isBodyless(incoming) : chunked(incoming);
  if (!hasBody) return { open: () => null, repeatable: true };
  if (incoming.headers.expect) outgoing.writeContinue();
  if (length !== undefined && length <= bufferedBytes) {
    const whole = await collect(incoming);
    return { open: () => whole, repeatable: true };
  }
  return streamed(incoming, maxBytes);
}

function chunked(incoming: IncomingMessage): boolean {
  return incoming.headers['transfer-encoding'] !== undefined;
}

function isBodyless(incoming: IncomingMessage): boolean {
  return (incoming as IncomingMessage & { stream?: { endAfterHeaders?: boolean } }).stream?.endAfterHeaders === true;
}

async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function streamed(incoming: IncomingMessage, maxBytes: number): RequestBody {
  let touched = false;
  let seen = 0;
  return {
    open() {
      const body = new Readable({
        read() {
          if (!touched) begin();
          incoming.resume();
        },
        destroy(error, done) {
          incoming.off('data', take);
          done(error);
        },
      });
      // An attempt that ended early is told by its dispatcher; here it is only let go.
      body.on('error', () => {});
      const take = (chunk: Buffer) => {
        seen += chunk.length;
        if (seen > maxBytes) body.destroy(new BodyTooLarge());
        else if (!body.push(chunk)) incoming.pause();
      };
      const begin = () => {
        touched = true;
        incoming.on('data', take);
        incoming.once('end', () => body.push(null));
        incoming.once('error', (error) => body.destroy(error));
        incoming.once('close', () => {
          if (!incoming.readableEnded) body.destroy(new Error('the person went away'));
        });
      };
      return body;
    },
    get repeatable() {
      return !touched;
    },
  };
}
