/** Ids of the documents of this build, by the name of their operation. Empty in development: texts are sent. */
const ids = new Map<string, string>();

/**
 * Written around each document by the build (dev/document-ids.ts).
 * @public
 */
export function withDocumentId<Document>(document: Document, name: string, hash: string): Document {
  ids.set(name, `sha256:${hash}`);
  return document;
}

interface SentBody {
  query?: string;
  operationName?: string;
  variables?: unknown;
}

/**
 * Sends the id of a document in place of its text. A gateway that does not know it (it serves another build, or none)
 * is sent the text after all.
 */
export async function fetchById(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const { operationName, variables } = bodyOf(init);
  const documentId = operationName === undefined ? undefined : ids.get(operationName);
  if (documentId === undefined) return fetch(input, init);
  const answer = await fetch(input, { ...init, body: JSON.stringify({ documentId, operationName, variables }) });
  return (await isUnknown(answer)) ? fetch(input, init) : answer;
}

function bodyOf(init: RequestInit | undefined): SentBody {
  return typeof init?.body === 'string' ? (JSON.parse(init.body) as SentBody) : {};
}

async function isUnknown(answer: Response): Promise<boolean> {
  if (answer.status !== 400) return false;
  const body = (await answer
    .clone()
    .json()
    .catch(() => ({}))) as { errors?: { extensions?: { code?: string } }[] };
  return body.errors?.[0]?.extensions?.code === 'gateway.document-unknown';
}
