import { GraphQLError } from 'graphql';
import type { Writing } from '#src/compile/answer.ts';
import { isData, type Path } from '#src/plan-data.ts';

/** Why something is not in the answer: what went wrong on the way, and nulls that nobody explained. */
export interface Missing {
  readonly errors: readonly GraphQLError[];
  /**
   * Tells that this place may not be null, unless an error at, above or under it tells why it is; `within` is the depth
   * of the place that such an error has to be about, default its own.
   */
  note(at: Path, depth: number, problem: string, within?: number): void;
}

/** Looking for the error that explains a null costs the depth of its place, however many errors there are. */
export function createMissing(fetchErrors: readonly GraphQLError[]): Missing {
  const errors = [...fetchErrors];
  let places: { readonly exact: Set<string>; readonly above: Set<string> } | undefined;

  function learn(error: GraphQLError): void {
    let key = '';
    for (const segment of error.path ?? []) {
      places!.above.add(key);
      key = keyOf(key, segment);
    }
    places!.above.add(key);
    places!.exact.add(key);
  }

  function isExplained(path: Path): boolean {
    if (!places) {
      places = { exact: new Set(), above: new Set() };
      for (const error of errors) learn(error);
    }
    let key = '';
    if (places.exact.has(key)) return true;
    for (const segment of path) {
      key = keyOf(key, segment);
      if (places.exact.has(key)) return true;
    }
    return places.above.has(key);
  }

  return {
    errors,
    note(at, depth, problem, within = depth) {
      const path = at.slice(0, depth);
      if (errors.length > 0 && isExplained(path.slice(0, within))) return;
      const error = new GraphQLError(problem, { path });
      errors.push(error);
      if (places) learn(error);
    },
  };
}

/** A value that does not fit the schema is told and becomes null. */
export function noteProblem(writing: Writing, depth: number, problem: string): 'null' {
  writing.missing.note(writing.at, depth, problem);
  return 'null';
}

/** Response keys hold no slash. */
const keyOf = (above: string, segment: string | number) => `${above}/${segment}`;

/**
 * Errors of the answer alone: a planner may fetch what a condition leaves out in the end, and what went wrong there
 * nobody asked for. One failed fetch fails everything that needed it: it is told once a place and reason.
 */
export function errorsOf(data: string, errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.length === 0) return errors;
  const answer = JSON.parse(data) as unknown;
  const seen = new Set<string>();
  const told = errors.filter((error) => {
    const text = `${error.message} ${error.path?.join('.')}`;
    return !seen.has(text) && seen.add(text) && isSelected(answer, error.path ?? []);
  });
  // Nothing at all is never without a reason.
  return told.length > 0 || data !== 'null' ? told : errors.slice(0, 1);
}

/** Whether the way to this place ends in the answer, or at something that became null. */
function isSelected(answer: unknown, path: Path): boolean {
  let at = answer;
  for (const segment of path) {
    if (isData(at)) at = at[segment];
    else if (Array.isArray(at)) at = at[Number(segment)];
    else return true;
    if (at === undefined) return false;
  }
  return true;
}
