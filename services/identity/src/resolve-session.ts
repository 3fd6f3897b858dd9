import { newRequestId, serviceCaller } from '@steading/kit';
import { lifeOf, tellEnded } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { judgeSession } from '#src/sessions.ts';
import { sessionsReader, sessionsWriter } from '#src/sessions-db.ts';

export interface ResolvedSession {
  readonly personId: string;
  readonly sessionId: string;
  readonly expiresMs: number;
  readonly refreshMs: number;
}

/** The live session behind a cookie's hash, its expiry moved on where it is time; undefined where there is none. */
export async function resolveSession(
  deps: IdentityDeps,
  tokenHash: Buffer,
  seen: { address: string | undefined },
): Promise<ResolvedSession | undefined> {
  const row = await sessionsReader(deps.db).byHash(tokenHash);
  if (row?.state !== 'active') return undefined;
  const now = deps.clock.now();
  const requestId = newRequestId();
  const verdict = judgeSession(
    {
      createdMs: row.created_at.getTime(),
      expiresMs: row.expires_at.getTime(),
      lastSeenMs: row.last_seen_at.getTime(),
    },
    lifeOf(deps, row.person_id, requestId),
    now,
  );
  const ids = { personId: row.person_id, sessionId: row.id };
  if (verdict.ended) {
    const caller = serviceCaller('identity', requestId);
    await deps.db.write(async (tx) => {
      if (await sessionsWriter(tx).end(row.id, row.person_id))
        await tellEnded(deps, tx, caller, [row.id], row.person_id);
    });
    return undefined;
  }
  if (verdict.write) {
    const expires = new Date(verdict.expiresMs);
    await deps.db.write((tx) => sessionsWriter(tx).seen(row.id, new Date(now), expires, seen.address ?? null));
  }
  return { ...ids, expiresMs: verdict.expiresMs, refreshMs: verdict.refreshMs };
}
