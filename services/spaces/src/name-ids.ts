import { z } from 'zod';
import { fail } from '#src/errors.ts';

/** Words that stand in addresses of the house itself, or that people would take for it. */
const reserved: ReadonlySet<string> = new Set(
  (
    'about access account accounts admin administrator admins anyone audit auth billing builtin community config ' +
    'console default deploy deployments developer developers device docs documentation domain domains edge email ' +
    'environment everyone explore forest forgot gateway graphql group groups guest guests health healthz hooks house ' +
    'identity index invitation invitations invite invites livez localhost login logout mailer member members metrics ' +
    'moderator notifications observe operator operators owner owners password people person platform plugins policy ' +
    'postmaster pricing private profile profiles project projects public readyz realtime register release releases ' +
    'reset roles security server service services session sessions settings setup sign-in sign-out sign-up signed-in ' +
    'signin signout signup space spaces static status steading storage support system teams template templates terms ' +
    'token tokens undefined users viewer webhook webhooks webmaster'
  ).split(' '),
);

/** What stands in addresses: 5 to 25 of a-z, 0-9 and -, not at either end and never two in a row. */
export const nameIdInput = z
  .string()
  .min(5, 'at least 5 characters.')
  .max(25, 'at most 25 characters.')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'only a-z, 0-9 and single - between them.');

export function refuseReserved(nameId: string): void {
  if (reserved.has(nameId)) throw fail('spaces.name-reserved', { nameId });
}
