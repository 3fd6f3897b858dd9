import { type ExecutionResult, GraphQLError } from 'graphql';

const maxDepth = 60;
const maxErrors = 100;
const maxMessage = 500;

/**
 * The answer of a subgraph that is not trusted: `data` of plain values not nested too deep, and errors reduced to a
 * sentence and a path. Their extensions stay behind: whose they are, and what they might tell of the inside, nobody
 * here knows.
 * @throws what `refuse` makes of an answer that is none.
 */
export function readSubgraphAnswer(text: string, refuse: (problem: string) => Error): ExecutionResult {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  if (!isObject(answer)) throw refuse('it is no object');
  const { data, errors } = answer;
  if (data !== undefined && data !== null && !isObject(data)) throw refuse('its data is no object');
  if (errors !== undefined && !Array.isArray(errors)) throw refuse('its errors are no list');
  if (data === undefined && !errors?.length) throw refuse('it has neither data nor errors');
  checkValue(data, 0, refuse);
  const told = (errors ?? []).slice(0, maxErrors).map(toError);
  return { ...(data !== undefined && { data }), ...(told.length > 0 && { errors: told }) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON may be nested deeper than the stack; and one name would change an object instead of being in it. */
function checkValue(value: unknown, depth: number, refuse: (problem: string) => Error): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw refuse('it is nested too deep');
  if (Object.hasOwn(value, '__proto__')) throw refuse('it names __proto__');
  for (const part of Array.isArray(value) ? value : Object.values(value)) checkValue(part, depth + 1, refuse);
}

function toError(given: unknown): GraphQLError {
  const { message, path } = isObject(given) ? given : {};
  const isPath =
    Array.isArray(path) &&
    path.length <= maxDepth &&
    path.every((segment) => typeof segment === 'string' || Number.isSafeInteger(segment));
  return new GraphQLError(typeof message === 'string' ? message.slice(0, maxMessage) : 'It failed.', {
    ...(isPath && { path: path as (string | number)[] }),
    extensions: { code: 'subgraph-failed', status: 502 },
  });
}
