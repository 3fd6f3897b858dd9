import { subscriptionProblem } from '@steading/graph';
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { graphFail } from '#src/graph/graph-errors.ts';
import { checkLimits } from '#src/graph/query-limits.ts';

export interface CheckedDocument {
  readonly document: DocumentNode;
  readonly asksAboutSchema: boolean;
}

const maxTokens = 4000;
const maxKept = 1000;
const maxKeptLength = 16_384;

/** Parses, limits and validates each text once per schema; clients send the same few texts over and over. */
export function createDocumentCache() {
  let of: GraphQLSchema | undefined;
  let kept = new Map<string, CheckedDocument>();

  return {
    /** Throws a catalogue error where the text is no valid query, or over a limit. */
    check(text: string, schema: GraphQLSchema): CheckedDocument {
      if (schema !== of) {
        of = schema;
        kept = new Map();
      }
      const known = kept.get(text);
      if (known) {
        kept.delete(text);
        kept.set(text, known);
        return known;
      }
      const checked = checkText(text, schema);
      if (text.length <= maxKeptLength) kept.set(text, checked);
      if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
      return checked;
    },
  };
}

function checkText(text: string, schema: GraphQLSchema): CheckedDocument {
  const document = parsed(text);
  const { asksAboutSchema } = checkLimits(document, schema);
  const problem = subscriptionProblem(document);
  if (problem) throw graphFail('gateway.query-invalid', { problem });
  const [error] = validate(schema, document, undefined, { maxErrors: 1 });
  if (error) throw graphFail('gateway.query-invalid', { problem: error.message, ...place(error) });
  return { document, asksAboutSchema };
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
