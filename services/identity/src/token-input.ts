import { z } from 'zod';
import { nameInput } from '#src/input.ts';

export const tokenNameInput = nameInput.max(64, 'at most 64 characters.');

export const newTokenInput = z.object({
  name: tokenNameInput,
  scopes: z.array(z.string().min(1).max(160)).max(50, 'at most 50 scopes.'),
  days: z
    .union([z.literal(30), z.literal(90), z.literal(365)], { message: 'choose 30, 90 or 365 days, or leave it out.' })
    .nullish()
    .transform((days) => days ?? undefined),
});
