import { type Caller, isAppError } from '@steading/kit';
import { addressBucket } from '@steading/limits';
import { inBrowser } from '#src/account.ts';
import { audit } from '#src/audit.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { type DeviceRow, deviceByUserCode, devicesWriter } from '#src/devices-db.ts';
import { fail } from '#src/errors.ts';
import { becoming } from '#src/people.ts';
import { peopleReader } from '#src/people-db.ts';
import { insertToken } from '#src/personal-tokens.ts';
import { newToken, newUserCode, readUserCode, sha256 } from '#src/random-tokens.ts';

/*
 * `steading login`, in the shape of RFC 8628: the command shows a short code, a person who is signed in approves it in
 * the browser, and the command, asking every few seconds, gets a token once.
 */

const lifeMs = 10 * 60_000;
const intervalMs = 5_000;
/** Asking this much too early is forgiven: clocks and networks are not exact. */
const forgivenMs = 500;
const tokenDays = 90;

export interface StartedDevice {
  readonly userCode: string;
  readonly deviceCode: string;
  readonly verificationUrl: string;
  readonly intervalSeconds: number;
  readonly expiresSeconds: number;
}

export async function startDevice(deps: IdentityDeps, caller: Caller, name: string): Promise<StartedDevice> {
  await deps.limits.take('device-start', addressBucket(caller.address));
  const deviceCode = newToken();
  const userCode = newUserCode();
  const now = deps.clock.now();
  await deps.db.write((tx) =>
    devicesWriter(tx).insert({
      hash: sha256(deviceCode),
      userCode,
      name,
      address: caller.address ?? null,
      now: new Date(now),
      expires: new Date(now + lifeMs),
      nextPoll: new Date(now),
    }),
  );
  const verificationUrl = `${deps.house.publicUrl}/device?code=${userCode}`;
  return { userCode, deviceCode, verificationUrl, intervalSeconds: intervalMs / 1000, expiresSeconds: lifeMs / 1000 };
}

/** The token, once it is approved; before that, the error that says to go on asking. */
export async function pollDevice(deps: IdentityDeps, caller: Caller, deviceCode: string): Promise<string> {
  await deps.limits.take('device-poll', addressBucket(caller.address));
  const hash = sha256(deviceCode);
  const answer = await deps.db.write(async (tx) => {
    const devices = devicesWriter(tx);
    const now = deps.clock.now();
    const device = await devices.lock(hash);
    if (!device || device.expires_at.getTime() <= now) return fail('identity.device-expired');
    if (now < device.next_poll_at.getTime() - forgivenMs) {
      await devices.polled(hash, new Date(now + 2 * intervalMs));
      return fail('identity.device-slow-down', { seconds: (2 * intervalMs) / 1000 });
    }
    await devices.polled(hash, new Date(now + intervalMs));
    if (device.approved_by === null) return fail('identity.device-pending');
    const person = await peopleReader(tx).byId(device.approved_by);
    await devices.remove(hash);
    if (person?.state !== 'active') return fail('identity.device-expired');
    const input = { name: device.name, scopes: [], days: tokenDays };
    return (await insertToken(deps, tx, becoming(caller, person.id), person.id, input)).value;
  });
  if (isAppError(answer)) throw answer;
  return answer;
}

/** What waits behind a user code, for the page that asks whether to approve it. */
export async function findDevice(deps: IdentityDeps, caller: Caller, typed: string): Promise<DeviceRow> {
  const { personId } = inBrowser(caller);
  await deps.limits.take('device-code', personId);
  const userCode = readUserCode(typed);
  const found = userCode && (await deviceByUserCode(deps.db, userCode, new Date(deps.clock.now())));
  if (!found) throw fail('identity.device-code-unknown');
  return found;
}

export async function approveDevice(deps: IdentityDeps, caller: Caller, typed: string): Promise<void> {
  const { personId } = inBrowser(caller);
  await deps.limits.take('device-code', personId);
  const userCode = readUserCode(typed) ?? '';
  await deps.db.write(async (tx) => {
    const approved = await devicesWriter(tx).approve(userCode, new Date(deps.clock.now()), personId);
    if (!approved) throw fail('identity.device-code-unknown');
    await audit(deps.bus, tx, caller, { action: 'device-approved', target: approved.name });
  });
}
