import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  responsePathAsArray,
} from 'graphql';
import { type Data, isData, type Path } from '#src/plan-data.ts';

/**
 * Makes the answer from everything that was fetched, by running the operation over it as data: graphql-js gives the
 * order of fields, @skip and @include, fragments, nulls that rise to the next nullable parent, enums that the schema
 * lacks, and answers about the schema itself. Nothing that was fetched only as a key can slip into the answer.
 */
export async function project(options: {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: Data;
  readonly errors: readonly GraphQLError[];
}): Promise<ExecutionResult> {
  const { schema, document, operationName, variables, data, errors } = options;
  const told = new Set<GraphQLError>();
  const fieldResolver: GraphQLFieldResolver<unknown, unknown> = (source, _args, _context, info) => {
    const value = isData(source) ? source[info.path.key] : undefined;
    if (value !== undefined && value !== null) return value;
    if (errors.length === 0) return null;
    const path = responsePathAsArray(info.path);
    const mustBe = info.returnType.toString().at(-1) === '!';
    const own = errors.find((error) => isAtOrUnder(error.path ?? [], path) || isAtOrUnder(path, error.path ?? []));
    // A fetch that failed in one field may have lost the fields beside it too: their reason is its reason.
    const failure = own ?? (mustBe ? nearest(errors, path) : undefined);
    if (!failure || (told.has(failure) && !mustBe)) return null;
    told.add(failure);
    throw failure;
  };
  const result = await execute({
    schema,
    document,
    rootValue: data,
    variableValues: variables,
    operationName: operationName ?? null,
    fieldResolver,
    typeResolver: (value) => (isData(value) ? String(value.__typename) : undefined),
  });
  const all = [...new Set([...(result.errors ?? []), ...errors.filter((error) => !told.has(error))])];
  return { data: result.data ?? null, ...(all.length > 0 ? { errors: withoutRepeats(all) } : {}) };
}

function isAtOrUnder(path: Path, above: Path): boolean {
  return above.length <= path.length && above.every((segment, index) => path[index] === segment);
}

/** The failure that shares most of its way with this place. */
function nearest(errors: readonly GraphQLError[], path: Path): GraphQLError | undefined {
  const shared = ({ path: other = [] }: GraphQLError) => {
    const parting = path.findIndex((segment, index) => other[index] !== segment);
    return parting === -1 ? path.length : parting;
  };
  return errors.toSorted((one, other) => shared(other) - shared(one))[0];
}

/** One failed fetch fails everything that needed it: it is told once a place and reason. */
function withoutRepeats(errors: readonly GraphQLError[]): GraphQLError[] {
  const seen = new Set<string>();
  return errors.filter((error) => {
    const text = `${error.message} ${error.path?.join('.')}`;
    return !seen.has(text) && seen.add(text);
  });
}
