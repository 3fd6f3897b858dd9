/** What is looked at before anything runs: whether the document may be sent, what it asks for, and what that may cost. */
import { type Caller, kitErrors } from '@steading/kit';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { CheckedDocument, DocumentCache } from '#src/graph/documents/document-cache.ts';
import { documentHash } from '#src/graph/documents/document-id.ts';
import type { KnownDocuments } from '#src/graph/documents/known-documents.ts';
import type { GraphSettings } from '#src/graph/graph-config.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import type { GraphRequest } from '#src/graph/graph-request.ts';
import { checkCost } from '#src/graph/limits/query-limits.ts';
import { checkVariables } from '#src/graph/limits/variable-limits.ts';

export interface NamedDocument {
  /** SHA-256 of its text, in hex. */
  readonly hash: string;
  /** Of the operation that runs; `unnamed` where it has none. */
  readonly name: string;
  /** One of the web app's own. */
  readonly known: boolean;
}

export interface OperationCheckOptions {
  readonly documents: KnownDocuments;
  readonly settings: GraphSettings;
  readonly cache: DocumentCache;
  readonly schema: () => GraphQLSchema | undefined;
}

type Checked = NamedDocument & { readonly document: DocumentNode; readonly isSubscription: boolean };

/** A promise only where the web app's documents must be looked through. */
export type OperationCheck = (asked: GraphRequest, caller: Caller) => Checked | Promise<Checked>;

/** Throws or rejects with the catalogue's error for whatever may not run. */
export function createOperationCheck(options: OperationCheckOptions): OperationCheck {
  const { documents, cache, settings } = options;
  const checkText = (text: string, asked: GraphRequest, caller: Caller): Checked => {
    checkVariables(asked.variables);
    const schema = options.schema();
    if (!schema) throw kitErrors('unavailable', { what: 'The GraphQL endpoint' });
    const isStranger = caller.kind === 'anonymous';
    const checked = cache.check(text, { schema, hideSuggestions: isStranger });
    if (checked.asksAboutSchema && isStranger) throw graphFail('gateway.introspection-refused');
    const operation = operationOf(checked, asked.operationName);
    const { document, hash, dependsOnVariables } = checked;
    const { variables } = asked;
    if (dependsOnVariables) checkCost(operation, { document, schema, variables, limits: settings.limits });
    const named = { hash, name: operation.name?.value ?? 'unnamed', known: documents.has(hash) };
    return { document, isSubscription: operation.operation === 'subscription', ...named };
  };
  return (asked, caller) => {
    const text = textOf(asked, caller, options);
    return typeof text === 'string'
      ? checkText(text, asked, caller)
      : text.then((found) => checkText(found, asked, caller));
  };
}

/** Which text a request means; throws or rejects where it may not be sent. */
function textOf(
  { query, documentId }: GraphRequest,
  caller: Caller,
  { documents, settings }: OperationCheckOptions,
): string | Promise<string> {
  if (query === undefined)
    return documents.find(documentId ?? '').then((text) => {
      if (text === undefined) throw graphFail('gateway.document-unknown', { id: documentId ?? '' });
      return text;
    });
  if (documentId !== undefined && documentHash(query) !== documentId) throw graphFail('gateway.document-differs');
  const onlyKnown =
    settings.documents === 'known' || (settings.documents === 'known-for-anonymous' && caller.kind === 'anonymous');
  if (!onlyKnown) return query;
  return documents.find(documentHash(query)).then((found) => {
    if (found === undefined) throw graphFail('gateway.documents-only');
    return query;
  });
}

function operationOf({ operations }: CheckedDocument, name: string | undefined) {
  const found = name === undefined ? operations[0] : operations.find((one) => one.name?.value === name);
  if (found && (name !== undefined || operations.length === 1)) return found;
  const problem = name === undefined ? 'say which operation by operationName.' : `it holds no operation ${name}.`;
  throw graphFail('gateway.query-unreadable', { problem });
}
