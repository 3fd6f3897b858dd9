import { kitErrors } from '@steading/kit';
import { z } from 'zod';
import { namedDocument } from '#src/graph/documents/document-id.ts';
import { graphFail } from '#src/graph/graph-errors.ts';

/** 256 KB: a query of the largest allowed size with room for its variables. */
export const maxBodyBytes = 262_144;

const shape = z.object({
  query: z.string().min(1).nullish(),
  documentId: z.string().max(200).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

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
  const plain = readPlain(value);
  if (plain) return plain;
  const read = shape.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw graphFail('gateway.query-unreadable', { problem: `${issue?.path.join('.')}: ${issue?.message}` });
  }
  const { query, documentId, variables, operationName, extensions } = read.data;
  const named = namedDocument(documentId, extensions);
  if (!query && !named) throw graphFail('gateway.query-unreadable', { problem: 'query: it is missing.' });
  return {
    query: query ?? undefined,
    documentId: named,
    variables: variables ?? undefined,
    operationName: operationName ?? undefined,
  };
}

/** What nearly everybody sends, without the cost of saying what would be wrong with it. */
function readPlain(value: unknown): GraphRequest | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { query, variables, operationName, documentId, extensions } = value as Record<string, unknown>;
  if (typeof query !== 'string' || query === '' || documentId !== undefined || extensions !== undefined)
    return undefined;
  const hasPlainVariables =
    variables === undefined || (typeof variables === 'object' && variables !== null && !Array.isArray(variables));
  if (!hasPlainVariables || (operationName !== undefined && typeof operationName !== 'string')) return undefined;
  return { query, documentId: undefined, variables: variables as GraphRequest['variables'], operationName };
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
