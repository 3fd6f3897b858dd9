/**
 * Reads HTTP/1.1 requests as RFC 9112 writes them and not a byte more leniently: whatever two servers could read in two
 * ways ends the reading. Judges both sides of the proxy: what a client sent, and what an app was sent.
 */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Reading {
  readonly requests: readonly StrictRequest[];
  /** Why the rest is no request; undefined: all was read, or the last one is not whole yet. */
  readonly problem: string | undefined;
  /** Bytes read. */
  readonly end: number;
}

class Malformed extends Error {}
class Incomplete extends Error {}

/** Several spaces are one (RFC 9112, section 3): what is sent on has one. */
const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([\x21-\x7e\x80-\xff]+) +HTTP\/1\.([01])$/;
const field =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/;
const chunkLine = /^(0*[0-9a-fA-F]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/** `bytes` in latin1, so that a character is a byte. */
export function readStrictly(bytes: string): Reading {
  const requests: StrictRequest[] = [];
  let at = 0;
  try {
    while (at < bytes.length) {
      // Line ends before a request mean nothing (RFC 9112, section 2.2).
      while (bytes[at] === '\r' || bytes[at] === '\n') at++;
      if (at >= bytes.length) break;
      const one = readOne(bytes, at);
      requests.push(one.request);
      at = one.end;
    }
    return { requests, problem: undefined, end: at };
  } catch (error) {
    return { requests, problem: error instanceof Malformed ? error.message : undefined, end: at };
  }
}

function readOne(bytes: string, from: number): { request: StrictRequest; end: number } {
  const cursor = { bytes, at: from };
  const [, method = '', target = '', minor = ''] = line.exec(takeLine(cursor)) ?? malformed('request line');
  const headers = readFields(cursor);
  const all = (name: string) => headers.filter(([each]) => each === name).map(([, value]) => value);
  const hosts = all('host');
  if (hosts.length !== 1) malformed('not one Host');
  const lengths = all('content-length');
  const codings = all('transfer-encoding');
  if (lengths.length + codings.length > 1) malformed('more than one length');
  if (codings[0] !== undefined && (codings[0].toLowerCase() !== 'chunked' || minor === '0')) malformed('coding');
  if (lengths[0] !== undefined && !/^\d{1,15}$/.test(lengths[0])) malformed('length');
  const body = codings[0] === undefined ? take(cursor, Number(lengths[0] ?? 0)) : readChunks(cursor);
  return { request: { method, target, headers, body }, end: cursor.at };
}

interface Cursor {
  readonly bytes: string;
  at: number;
}

function readFields(cursor: Cursor): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let text = takeLine(cursor); text !== ''; text = takeLine(cursor)) {
    const [, name = '', value = ''] = field.exec(text) ?? malformed(`field ${JSON.stringify(text.slice(0, 40))}`);
    fields.push([name.toLowerCase(), value]);
  }
  return fields;
}

function readChunks(cursor: Cursor): string {
  let body = '';
  for (;;) {
    const [, hex = ''] = chunkLine.exec(takeLine(cursor)) ?? malformed('chunk size');
    const size = Number.parseInt(hex, 16);
    if (size === 0) break;
    body += take(cursor, size);
    if (take(cursor, 2) !== '\r\n') malformed('chunk end');
  }
  readFields(cursor);
  return body;
}

function takeLine(cursor: Cursor): string {
  const end = cursor.bytes.indexOf('\n', cursor.at);
  if (end < 0) throw new Incomplete();
  const text = cursor.bytes.slice(cursor.at, end);
  if (!text.endsWith('\r') || text.indexOf('\r') !== text.length - 1) malformed('line end');
  cursor.at = end + 1;
  return text.slice(0, -1);
}

function take(cursor: Cursor, length: number): string {
  if (cursor.at + length > cursor.bytes.length) throw new Incomplete();
  cursor.at += length;
  return cursor.bytes.slice(cursor.at - length, cursor.at);
}

function malformed(what: string): never {
  throw new Malformed(what);
}
