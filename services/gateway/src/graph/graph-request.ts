import { kitErrors } from '@steading/kit';
import { namedDocument } from '#src/graph/documents/document-id.ts';
import { graphFail } from '#src/graph/graph-errors.ts';

/** 256 KB: a query of the largest allowed size with room for its variables. */
export const maxBodyBytes = 262_144;

const maxIdLength = 200;

export interface GraphRequest {
  /** Absent where the document is named by its id. */
  readonly query: string | undefined;
  /** SHA-256 of the document in hex, or what was sent in its place. */
  readonly documentId: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
}

/** Reads a request's body: one JSON object (GraphQL over HTTP), never a list of them. */
export function readGraphRequest(body: string | Uint8Array): GraphRequest {
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (size > maxBodyBytes) throw kitErrors('too-large', { limit: `${maxBodyBytes} bytes` });
  const value = toJson(typeof body === 'string' ? body : textOf(body));
  if (Array.isArray(value)) throw graphFail('gateway.query-batched');
  if (!isObject(value)) throw unreadable('the body must be a JSON object.');
  const query = text(value, 'query');
  const named = namedDocument(text(value, 'documentId', maxIdLength), object(value, 'extensions'));
  if (!query && !named) throw unreadable('query: it is missing.');
  return {
    query: query || undefined,
    documentId: named,
    variables: object(value, 'variables'),
    operationName: text(value, 'operationName'),
  };
}

type Json = Readonly<Record<string, unknown>>;

const unreadable = (problem: string) => graphFail('gateway.query-unreadable', { problem });

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is absent and what is null are one (GraphQL over HTTP). */
function text(from: Json, name: string, maxLength = maxBodyBytes): string | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw unreadable(`${name}: it must be a string.`);
  if (value.length > maxLength) throw unreadable(`${name}: it must have at most ${maxLength} characters.`);
  return value;
}

function object(from: Json, name: string): Json | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined || isObject(value)) return value;
  throw unreadable(`${name}: it must be an object.`);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw graphFail('gateway.query-unreadable', { problem: 'the body is not JSON.' });
  }
}
