/** Checks of what a person sends, each with its own sentence. */
import type { z } from 'zod';
import { fail } from '#src/errors.ts';
import { nameIdProblem, nameProblem } from '#src/names.ts';

export function checkNameId(text: string, field = 'short name'): string {
  const problem = nameIdProblem(text);
  if (problem) throw fail('deploy.bad-name', { field, problem });
  return text;
}

export function checkName(text: string): string {
  const problem = nameProblem(text);
  if (problem) throw fail('deploy.bad-name', { field: 'name', problem });
  return text.trim();
}

/** @throws `deploy.bad-setting` for the first field that is wrong. */
export function checkSettings<S extends z.ZodType>(shape: S, given: unknown, what: string): z.output<S> {
  const result = shape.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw fail('deploy.bad-setting', { field: [what, ...issue.path].join('.'), problem: `${issue.message}.` });
}
