/**
 * At build time every GraphQL document gets the SHA-256 of its text as its id, and all of them are written to
 * `graph-documents.json` beside index.html, where the gateway reads them: pages then send ids instead of texts. The text
 * is the one that urql would send, with the `__typename` that the cache needs.
 */
import { createHash } from 'node:crypto';
import { createRequest, formatDocument, stringifyDocument } from '@urql/core';
import type { Plugin } from 'vite';

const written = /graphql\(`([^`]*)`\)/g;

export interface IdentifiedDocument {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
}

/** Throws where a document has no name, or more than one operation: its id could not be found by its name. */
export function identify(source: string): IdentifiedDocument {
  const document = formatDocument(createRequest(source, {}).query);
  const [operation, ...others] = document.definitions.filter((one) => one.kind === 'OperationDefinition');
  const name = operation?.kind === 'OperationDefinition' ? operation.name?.value : undefined;
  if (!name || others.length > 0) throw new Error(`a document needs one operation with a name: ${source}`);
  const text = stringifyDocument(document);
  return { name, text, hash: createHash('sha256').update(text).digest('hex') };
}

export function documentIds(): Plugin {
  const documents = new Map<string, IdentifiedDocument>();
  return {
    name: 'steading-document-ids',
    apply: 'build',
    enforce: 'pre',
    buildStart: () => documents.clear(),
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id) || !code.includes('graphql(`')) return undefined;
      const changed = code.replace(written, (call, source: string) => {
        const document = identify(source);
        const other = documents.get(document.name);
        if (other && other.hash !== document.hash) throw new Error(`two documents are called ${document.name}`);
        documents.set(document.name, document);
        return `withDocumentId(${call}, ${JSON.stringify(document.name)}, ${JSON.stringify(document.hash)})`;
      });
      return { code: `import { withDocumentId } from '#src/graph/document-ids.ts';\n${changed}`, map: null };
    },
    generateBundle() {
      const sorted = [...documents.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
      const source = JSON.stringify(Object.fromEntries(sorted.map(({ hash, text }) => [hash, text])));
      this.emitFile({ type: 'asset', fileName: 'graph-documents.json', source });
    },
  };
}
