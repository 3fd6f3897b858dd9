import { type Listener, listen } from '@steading/bus';
import { PersonRegistered } from '@steading/contracts/identity-events';
import { type Caller, isAppError } from '@steading/kit';
import type { SpacesDeps } from '#src/deps.ts';
import { tellForest } from '#src/forest-telling.ts';
import { invitationsWriter } from '#src/invitations-db.ts';
import { acceptFor } from '#src/space-invitations.ts';

/**
 * Whoever was invited by an address that is now proven to be theirs lands in those spaces. Where there is no place
 * for them any more, the invitation stays in their list.
 */
export function onPersonRegistered(deps: SpacesDeps): Listener {
  return listen('spaces.on-person-registered', PersonRegistered, async (event, tx) => {
    if (!event.data.emailVerified) return;
    const personId = event.data.userId;
    const caller: Caller = { kind: 'user', principal: `user:${personId}`, requestId: event.requestId };
    const invitations = invitationsWriter(tx);
    const joined: string[] = [];
    for (const invitation of await invitations.openByEmail(event.data.email)) {
      await invitations.give(invitation.id, personId);
      try {
        await acceptFor(deps, tx, caller, invitation, personId);
        joined.push(invitation.space_id);
      } catch (error) {
        // Refused by a rule: all that was written by then is the answer.
        if (!isAppError(error)) throw error;
        await invitations.reopen(invitation.id);
      }
    }
    tx.afterCommit(() => {
      tellForest(deps, caller, joined).catch((error: unknown) =>
        deps.log.warn({ err: error }, 'the forest will be told later'),
      );
    });
  });
}
