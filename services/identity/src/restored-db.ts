import { statement, type Writer } from '@steading/db';

const endSessions = statement('identity.restored.endSessions', 'delete from identity.sessions');
const endTokens = statement('identity.restored.endTokens', 'delete from identity.tokens');
const endDeviceLogins = statement('identity.restored.endDeviceLogins', 'delete from identity.device_logins');
const endFlows = statement('identity.restored.endFlows', 'delete from identity.oidc_flows');
const endResets = statement('identity.restored.endResets', 'delete from identity.password_resets');

/**
 * After a restore: what was ended since the back-up must not come back alive, and nobody knows any more what that was. So
 * everybody signs in again and makes their tokens anew; unless the operator knows that nothing was ended.
 */
export async function endSignIns(tx: Writer, told: { readonly keepSignIns: boolean }): Promise<void> {
  for (const each of [endDeviceLogins, endFlows, endResets]) await tx.run(each);
  if (told.keepSignIns) return;
  for (const each of [endSessions, endTokens]) await tx.run(each);
}
