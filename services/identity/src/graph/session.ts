import { type SubgraphBuilder, signedIn } from '@steading/graph';
import { type Caller, kitErrors } from '@steading/kit';
import { inBrowser, unnarrowed } from '#src/account.ts';
import { audit } from '#src/audit.ts';
import { endSessions, tellEnded } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { type SessionRow, sessionsReader, sessionsWriter } from '#src/sessions-db.ts';

/** Where a person is signed in, and ending it. */
export function addSessions(builder: SubgraphBuilder, deps: IdentityDeps): void {
  const Session = builder.objectRef<SessionRow>('Session').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      device: t.exposeString('device'),
      address: t.exposeString('address', { nullable: true }),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      lastSeenAt: t.expose('last_seen_at', { type: 'DateTime' }),
      expiresAt: t.expose('expires_at', { type: 'DateTime' }),
      current: t.boolean({ resolve: (session, _, { caller }) => caller.session === session.id }),
    }),
  });
  builder.queryField('mySessions', (t) =>
    t.field({
      type: [Session],
      access: signedIn(),
      resolve: (_, __, { caller }) => sessionsReader(deps.db).ofPerson(unnarrowed(caller), new Date(deps.clock.now())),
    }),
  );
  builder.mutationFields((t) => ({
    endSession: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: signedIn(),
      resolve: (_, args, { caller }) => endOne(deps, caller, args.id),
    }),
    endOtherSessions: t.int({
      access: signedIn(),
      resolve: (_, __, { caller }) => endOthers(deps, caller),
    }),
  }));
}

async function endOne(deps: IdentityDeps, caller: Caller, sessionId: string): Promise<boolean> {
  const { personId } = inBrowser(caller);
  await deps.db.write(async (tx) => {
    if (!(await sessionsWriter(tx).end(sessionId, personId))) throw kitErrors('not-found', { kind: 'session' });
    await tellEnded(deps, tx, caller, [sessionId], personId);
    await audit(deps.bus, tx, caller, { action: 'session-ended', target: sessionId });
  });
  return true;
}

function endOthers(deps: IdentityDeps, caller: Caller): Promise<number> {
  const { personId, session } = inBrowser(caller);
  return deps.db.write(async (tx) => {
    const ended = await endSessions(deps, tx, caller, personId, session);
    await audit(deps.bus, tx, caller, { action: 'other-sessions-ended', target: personId, after: { ended } });
    return ended;
  });
}
