import { newRequestId, serviceCaller } from '@steading/kit';
import type { Job } from '@steading/service';
import { audit } from '#src/audit.ts';
import { tellEnded } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { devicesWriter } from '#src/devices-db.ts';
import { invitationsWriter } from '#src/invitations-db.ts';
import { failuresWriter } from '#src/lockout-db.ts';
import { oidcWriter } from '#src/oidc/oidc-db.ts';
import { passwordResetsWriter } from '#src/password-resets-db.ts';
import { sessionsWriter } from '#src/sessions-db.ts';
import { grantPlatform } from '#src/setup.ts';
import { tokensWriter } from '#src/tokens-db.ts';

/** Invitations are shown for so long after they ended. */
const keepInvitationsMs = 30 * 24 * 3_600_000;

export function identityJobs(deps: IdentityDeps): Job[] {
  return [
    { name: 'identity.remove-expired', cron: '*/10 * * * *', run: () => removeExpired(deps) },
    { name: 'identity.grant-platform', cron: '* * * * *', run: () => grantPlatform(deps) },
  ];
}

/** Expired things are worth nothing already; this takes them out of the tables, a thousand at a time. */
export async function removeExpired(deps: IdentityDeps): Promise<void> {
  const now = new Date(deps.clock.now());
  const caller = serviceCaller('identity', newRequestId());
  await deps.db.write(async (tx) => {
    for (const ended of await sessionsWriter(tx).expired(now)) {
      await tellEnded(deps, tx, caller, [ended.id], ended.person_id);
    }
  });
  await deps.db.write(async (tx) => {
    for (const token of await tokensWriter(tx).expired(now)) {
      await audit(deps.bus, tx, caller, { action: 'token-expired', target: token.name });
    }
  });
  await deps.db.write(async (tx) => {
    await passwordResetsWriter(tx).removeOld(now);
    await failuresWriter(tx).removeOld(now);
    await devicesWriter(tx).removeOld(now);
    await oidcWriter(tx).removeOld(now);
    await invitationsWriter(tx).removeOld(new Date(now.getTime() - keepInvitationsMs));
  });
}
