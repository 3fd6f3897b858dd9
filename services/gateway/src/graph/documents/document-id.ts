import { createHash } from 'node:crypto';

/** SHA-256 of a document's text as sent, in hex: its name in manifests, metrics and the list of operations. */
export const documentHash = (text: string): string => createHash('sha256').update(text).digest('hex');

const hex = /^[0-9a-f]{64}$/;

/**
 * The hash that a request names a document by: `documentId: "sha256:…"` (GraphQL over HTTP, appendix on persisted
 * documents) or `extensions.persistedQuery.sha256Hash` (as urql and Apollo send it). Undefined: it names none.
 */
export function namedDocument(documentId: unknown, extensions: unknown): string | undefined {
  const persisted = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | undefined | null)?.persistedQuery;
  const id = documentId ?? persisted?.sha256Hash;
  if (typeof id !== 'string') return undefined;
  const bare = id.replace(/^sha256:/, '').toLowerCase();
  return hex.test(bare) ? bare : id.slice(0, 80);
}
