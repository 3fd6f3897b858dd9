import type { z } from 'zod';

/** Named as the environment names them; every entry has a description, a type and (nearly always) a default. */
export type ConfigShape = Readonly<Record<string, z.ZodType>>;
export type ConfigValues<Shape extends ConfigShape> = { readonly [Key in keyof Shape]: z.output<Shape[Key]> };

/**
 * Reads settings. Fails with one sentence for each wrong one: its name, what is wrong, what it means.
 * @param source the environment (or a test's record): only `apps/*` may pass `process.env`.
 */
export function loadConfig<const Shape extends ConfigShape>(
  shape: Shape,
  source: Readonly<Record<string, string | undefined>>,
): ConfigValues<Shape> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, type] of Object.entries(shape)) {
    const given = source[name];
    const result = type.safeParse(given === '' ? undefined : given);
    if (result.success) values[name] = result.data;
    else
      problems.push(
        `${name}: ${result.error.issues.map((issue) => issue.message).join('; ')}${type.description ? ` (${type.description})` : ''}`,
      );
  }
  if (problems.length > 0) throw new Error(`Wrong settings:\n  ${problems.join('\n  ')}`);
  return values as ConfigValues<Shape>;
}
