import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/** Key: the person's id. */
export const PersonRegistered = defineEvent(
  'identity.person.registered',
  1,
  z.object({ userId: z.string(), name: z.string(), email: z.string(), emailVerified: z.boolean() }),
);

/** Key: the person's id. Their name or state is another now: every process forgets what it knew. */
export const PersonChanged = defineEvent('identity.person.changed', 1, z.object({ userId: z.string() }));

/** Key: the session's id. Every process forgets it at once. */
export const SessionEnded = defineEvent(
  'identity.session.ended',
  1,
  z.object({ sessionId: z.string(), userId: z.string() }),
);

/** Key: the token's id. Every process forgets it at once. */
export const TokenRevoked = defineEvent(
  'identity.token.revoked',
  1,
  z.object({ tokenId: z.string(), principal: z.string() }),
);
