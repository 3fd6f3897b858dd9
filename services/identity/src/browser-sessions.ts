import { SessionEnded } from '@steading/contracts/identity-events';
import type { Writer } from '@steading/db';
import { type Caller, newId } from '@steading/kit';
import { audit } from '#src/audit.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { platformNode } from '#src/kinds.ts';
import { becoming, principalOf } from '#src/people.ts';
import { newToken, sha256 } from '#src/random-tokens.ts';
import { deviceName, operatorLife, personLife, type SessionLife } from '#src/sessions.ts';
import { sessionsWriter } from '#src/sessions-db.ts';

/** A person has at most so many; the one unused for longest ends when another begins. */
const mostSessions = 50;

export interface StartedSession {
  readonly id: string;
  /** What the cookie carries; nowhere else. */
  readonly token: string;
}

/** Makes a session in this transaction. The session that came with the request, if any, ends: no cookie is kept. */
export async function startSession(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  who: { personId: string; name: string; how: string },
): Promise<StartedSession> {
  const sessions = sessionsWriter(tx);
  const made = await insertSession(deps, tx, caller, who.personId);
  const person = becoming(caller, who.personId, made.id);
  if (caller.session && caller.kind === 'user') {
    const old = await sessions.end(caller.session, caller.principal.slice('user:'.length));
    if (old) await tellEnded(deps, tx, caller, [old.id], caller.principal.slice('user:'.length));
  }
  const oldest = await sessions.endOldest(who.personId, mostSessions);
  await tellEnded(
    deps,
    tx,
    person,
    oldest.map((one) => one.id),
    who.personId,
  );
  await audit(deps.bus, tx, person, { action: 'signed-in', target: who.name, after: { how: who.how } });
  return made;
}

/**
 * Puts a new session in the place of all that a person has: whoever holds the cookie of any, be it the one that asks,
 * has nothing any more.
 */
export async function renewSession(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  personId: string,
): Promise<StartedSession> {
  const made = await insertSession(deps, tx, caller, personId);
  await endSessions(deps, tx, caller, personId, made.id);
  return made;
}

async function insertSession(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  personId: string,
): Promise<StartedSession> {
  const now = deps.clock.now();
  const made = { id: newId('ses'), token: newToken() };
  const life = lifeOf(deps, personId, caller.requestId);
  await sessionsWriter(tx).insert({
    id: made.id,
    tokenHash: sha256(made.token),
    personId,
    device: deviceName(caller.userAgent ?? ''),
    userAgent: (caller.userAgent ?? '').slice(0, 512),
    address: caller.address ?? null,
    now: new Date(now),
    expires: new Date(now + life.idleMs),
  });
  return made;
}

/** Ends all of a person's sessions but one. Gives how many. */
export async function endSessions(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  personId: string,
  except?: string,
): Promise<number> {
  const ended = await sessionsWriter(tx).endAll(personId, except);
  await tellEnded(
    deps,
    tx,
    caller,
    ended.map((one) => one.id),
    personId,
  );
  return ended.length;
}

export async function tellEnded(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  ids: readonly string[],
  personId: string,
): Promise<void> {
  for (const sessionId of ids) {
    await deps.bus.emit(tx, SessionEnded, { key: sessionId, caller, data: { sessionId, userId: personId } });
  }
}

export function lifeOf(deps: IdentityDeps, personId: string, requestId: string): SessionLife {
  const asked: Caller = { kind: 'user', principal: principalOf(personId), requestId };
  return deps.access.can(asked, 'platform.admin', platformNode) ? operatorLife : personLife;
}

const cookieSeconds = personLife.mostMs / 1000;

/** The cookie's name depends on whether browsers reach the house over TLS. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-steading_session' : 'steading_session';
}

/** Lives as long as a session can; how long it is worth something is the server's knowledge. */
export function sessionCookie(publicUrl: string, token: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return `${sessionCookieName(publicUrl)}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${cookieSeconds}${secure}`;
}

export function noSessionCookie(publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return `${sessionCookieName(publicUrl)}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${secure}`;
}
