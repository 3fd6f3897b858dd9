import { kitErrors } from '@steading/kit';
import { z } from 'zod';
import { memberRoles } from '#src/communities.ts';
import { nameIdInput } from '#src/name-ids.ts';

const line = z
  .string()
  .trim()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'write it on one line.');
const name = line.min(1, 'write a name.').max(80, 'at most 80 characters.');
const tagline = line.max(160, 'at most 160 characters.');
const tag = line.min(1, 'a tag is not empty.').max(32, 'a tag has at most 32 characters.');
const privacy = z.enum(['public', 'private'], { message: 'choose public or private.' });
const given = <T>(value: T | null | undefined) => value ?? undefined;

export const createInput = z.object({
  nameId: nameIdInput,
  name,
  tagline: tagline.nullish().transform((text) => text ?? ''),
  privacy: privacy.nullish().transform((text) => text ?? ('private' as const)),
  parentId: z.string().max(64).nullish().transform(given),
});
export type CreateInput = z.output<typeof createInput>;

export const updateInput = z.object({
  name: name.nullish().transform(given),
  tagline: tagline.nullish().transform(given),
  tags: z
    .array(tag)
    .max(20, 'at most 20 tags.')
    .nullish()
    .transform((tags) => (tags ? [...new Set(tags)] : undefined)),
  privacy: privacy.nullish().transform(given),
  visibility: z
    .enum(['active', 'archived', 'demo', 'inactive'], { message: 'choose active, archived, demo or inactive.' })
    .nullish()
    .transform(given),
  membership: z.enum(['open', 'invitations'], { message: 'choose open or invitations.' }).nullish().transform(given),
});
export type UpdateInput = z.output<typeof updateInput>;

export const roleInput = z.enum(memberRoles, { message: `choose one of ${memberRoles.join(', ')}.` });
export const emailInput = z
  .string()
  .trim()
  .max(254, 'at most 254 characters.')
  .pipe(z.email('write a whole e-mail address, like ada@example.org.'));
export const personInput = z.string().regex(/^usr_[0-9a-z]{26}$/, 'give the id of a person.');

/** Checks what came in; a wrong field is a `bad-input` that names it. */
export function checkInput<T>(shape: z.ZodType<T>, value: unknown, field = 'input'): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw kitErrors('bad-input', { field: issue?.path.join('.') || field, problem: issue?.message ?? 'not valid.' });
}
