import { type Supergraph, subscriptionProblem } from '@steading/graph';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { documentHash } from '#src/graph/documents/document-id.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { checkLimits, type Measured, type QueryLimits } from '#src/graph/limits/query-limits.ts';

export interface CheckedDocument extends Measured {
  readonly text: string;
  readonly document: DocumentNode;
  readonly operations: readonly OperationDefinitionNode[];
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
}

interface Kept {
  readonly checked: CheckedDocument;
  uses: number;
}

export interface DocumentCacheOptions {
  readonly limits: QueryLimits;
}

export interface CheckOptions {
  readonly schema: GraphQLSchema;
  /** A wrong name is answered without the right one: for those who may not read the schema. */
  readonly hideSuggestions: boolean;
}

const maxTokens = 4000;
const maxKept = 1000;
const maxKeptLength = 16_384;
/** The most used documents, which are planned for before a new supergraph takes over. */
const maxWarmed = 200;
/** How long warming may hold up requests at a stretch, and altogether. */
const sliceMs = 8;
const maxWarmMs = 5_000;

export type DocumentCache = ReturnType<typeof createDocumentCache>;

/** Parses, limits and validates each text once per schema; clients send the same few texts over and over. */
export function createDocumentCache({ limits }: DocumentCacheOptions) {
  let of: GraphQLSchema | undefined;
  let kept = new Map<string, Kept>();

  return {
    /** Throws a catalogue error where the text is no valid query, or over a limit. */
    check(text: string, { schema, hideSuggestions }: CheckOptions): CheckedDocument {
      if (schema !== of) {
        of = schema;
        kept = new Map();
      }
      const known = kept.get(text);
      if (known) {
        known.uses += 1;
        kept.delete(text);
        kept.set(text, known);
        return known.checked;
      }
      const checked = checkText(text, { schema, hideSuggestions, limits });
      if (text.length <= maxKeptLength) kept.set(text, { checked, uses: 1 });
      if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
      return checked;
    },

    /**
     * Validates and plans the most used documents for the schema that comes, between requests; what the new schema does
     * not have any more is forgotten. Gives the way to take them over.
     */
    async prepare(next: Supergraph): Promise<() => void> {
      const usual = [...kept.values()].sort((one, other) => other.uses - one.uses).slice(0, maxWarmed);
      const warmed: [string, Kept][] = [];
      const begun = performance.now();
      let slice = begun;
      for (const { checked, uses } of usual) {
        if (performance.now() - begun > maxWarmMs) break;
        if (performance.now() - slice > sliceMs) {
          await new Promise((resolve) => setImmediate(resolve));
          slice = performance.now();
        }
        const again = warm(checked, next, limits);
        // What was used long ago counts less than what is used now.
        if (again) warmed.push([checked.text, { checked: again, uses: Math.ceil(uses / 2) }]);
      }
      return () => {
        of = next.schema;
        kept = new Map(warmed.reverse());
      };
    },
  };
}

function warm(checked: CheckedDocument, next: Supergraph, limits: QueryLimits): CheckedDocument | undefined {
  try {
    const { document } = checked;
    const measured = checkLimits(document, next.schema, limits);
    if (validate(next.schema, document, undefined, { maxErrors: 1 }).length > 0) return undefined;
    const names = checked.operations.length === 1 ? [undefined] : checked.operations.map(({ name }) => name?.value);
    for (const name of names) {
      const { operation, plan } = next.operation(document, name);
      if (operation.conditions.length === 0) plan({});
    }
    return { ...checked, ...measured };
  } catch {
    return undefined;
  }
}

function checkText(text: string, { schema, hideSuggestions, limits }: CheckOptions & DocumentCacheOptions) {
  const document = parsed(text);
  const measured = checkLimits(document, schema, limits);
  const problem = subscriptionProblem(document);
  if (problem) throw graphFail('gateway.query-invalid', { problem });
  const [error] = validate(schema, document, undefined, { maxErrors: 1, hideSuggestions });
  if (error) throw graphFail('gateway.query-invalid', { problem: error.message, ...place(error) });
  const operations = document.definitions.filter((one) => one.kind === 'OperationDefinition');
  return { text, document, operations, hash: documentHash(text), ...measured };
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw graphFail('gateway.query-unreadable', { problem: error.message, ...place(error) });
  }
}

function place(error: GraphQLError): { line?: number; column?: number } {
  const [first] = error.locations ?? [];
  return first ? { line: first.line, column: first.column } : {};
}
