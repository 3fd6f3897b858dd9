import { Secret } from '@steading/kit';
import { z } from 'zod';

const providerShape = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'an id is up to 32 of a-z, 0-9 and -, and begins with a letter'),
  name: z.string().min(1).max(64),
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1).max(256),
  clientSecret: z
    .string()
    .max(1024)
    .optional()
    .transform((text) => (text ? new Secret(text) : undefined)),
  scopes: z.string().max(512).default('openid email profile'),
  /** Whether somebody whom this house does not know may register through it. */
  allowRegistration: z.boolean().default(false),
});

export type OidcProviderSettings = z.output<typeof providerShape>;

export const config = {
  STEADING_SMTP_URL: z
    .url({ protocol: /^smtps?$/, message: 'must be smtp://… or smtps://…' })
    .optional()
    .transform((text) => (text ? new Secret(text) : undefined))
    .describe('the mail server, smtp://user:password@host:587; without it mails go to the log'),
  STEADING_MAIL_FROM: z
    .string()
    .max(320)
    .default('Steading <steading@localhost>')
    .describe('the sender of the house’s mails'),
  STEADING_REGISTRATION: z
    .enum(['invitation', 'closed'], { message: 'must be invitation or closed' })
    .default('invitation')
    .describe('whether people may register by invitation, or not at all'),
  STEADING_OIDC: z
    .string()
    .default('[]')
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON, a list of providers' });
        return z.NEVER;
      }
    })
    .pipe(z.array(providerShape).max(20))
    .refine((list) => new Set(list.map((one) => one.id)).size === list.length, 'each id must be used once')
    .describe('sign-in providers, JSON: [{ id, name, issuer, clientId, clientSecret, scopes?, allowRegistration? }]'),
};
