import { kitErrors } from '@steading/kit';
import { z } from 'zod';

export const emailInput = z
  .string()
  .trim()
  .max(254, 'at most 254 characters.')
  .pipe(z.email('write a whole e-mail address, like ada@example.org.'));
/** A person's name: any script, one line, nothing invisible. */
export const nameInput = z
  .string()
  .trim()
  .min(1, 'write a name.')
  .max(100, 'at most 100 characters.')
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'write it on one line.');
/** Long enough for whatever may be checked; the rules are in passwords.ts. */
export const passwordInput = z.string().max(1024, 'at most 128 bytes.');
/** 256 bits in base64url. */
export const tokenInput = z.string().regex(/^[\w-]{43}$/, 'open the link whole.');

/** Checks what came in; a wrong field is a `bad-input` that names it. */
export function checkInput<T>(shape: z.ZodType<T>, given: unknown): T {
  const result = shape.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw kitErrors('bad-input', { field: issue?.path.join('.') || 'input', problem: issue?.message ?? 'not valid.' });
}

/** A request's JSON body, checked. */
export async function bodyOf<T>(request: Request, shape: z.ZodType<T>): Promise<T> {
  let body: unknown;
  try {
    body = await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) throw kitErrors('bad-input', { field: 'body', problem: 'send JSON.' });
    throw error;
  }
  return checkInput(shape, body);
}
