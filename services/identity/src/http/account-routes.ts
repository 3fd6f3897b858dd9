import { addressBucket } from '@steading/limits';
import type { HttpRoute } from '@steading/service';
import { z } from 'zod';
import { changePassword } from '#src/account.ts';
import { audit } from '#src/audit.ts';
import { tellEnded } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { answer, signedIn, signedOut } from '#src/http/answers.ts';
import { bodyOf, emailInput, nameInput, passwordInput, tokenInput } from '#src/input.ts';
import { readInvitation, register } from '#src/invitations.ts';
import { askForReset, resetPassword } from '#src/password-reset.ts';
import { personOf } from '#src/people.ts';
import { sessionsWriter } from '#src/sessions-db.ts';
import { claimSetup } from '#src/setup.ts';
import { signIn } from '#src/sign-in.ts';

const maxBytes = 8_192;

const setupInput = z.object({ token: tokenInput, name: nameInput, email: emailInput, password: passwordInput });
const signInInput = z.object({ email: z.string().trim().min(1).max(254), password: passwordInput.min(1) });
const registerInput = z.object({ invitation: tokenInput, name: nameInput, password: passwordInput });
const changeInput = z.object({ current: passwordInput, next: passwordInput });
const resetInput = z.object({ token: tokenInput, password: passwordInput });

/** The ways in for somebody who is not signed in yet, out again, and to another session. */
export function accountRoutes(deps: IdentityDeps): HttpRoute[] {
  return [
    ...enteringRoutes(deps),
    ...invitationRoutes(deps),
    ...forgottenRoutes(deps),
    passwordRoute(deps),
    signOutRoute(deps),
  ];
}

function enteringRoutes(deps: IdentityDeps): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/auth/setup',
      access: { public: 'whoever has the set-up link makes the first operator' },
      maxBytes,
      async handle({ request, caller }) {
        await deps.limits.take('sign-in', addressBucket(caller.address));
        const input = await bodyOf(request, setupInput);
        const session = await claimSetup(deps, caller, input);
        return signedIn(deps.house, session, { person: { id: session.personId, name: input.name } });
      },
    },
    {
      method: 'POST',
      path: '/auth/register',
      access: { public: 'whoever has an invitation registers' },
      maxBytes,
      async handle({ request, caller }) {
        const registered = await register(deps, caller, await bodyOf(request, registerInput));
        return signedIn(deps.house, registered, { person: registered.person, returnPath: registered.returnPath });
      },
    },
    {
      method: 'POST',
      path: '/auth/sign-in',
      access: { public: 'this is where people sign in' },
      maxBytes,
      async handle({ request, caller }) {
        const session = await signIn(deps, caller, await bodyOf(request, signInInput));
        return signedIn(deps.house, session, { person: session.person });
      },
    },
  ];
}

function invitationRoutes(deps: IdentityDeps): HttpRoute[] {
  return [
    {
      // By POST, with the token in the body: a URL is written to logs on its way, a body is not.
      method: 'POST',
      path: '/auth/invitation',
      access: { public: 'whoever has an invitation sees what it is for' },
      maxBytes,
      async handle({ request, caller }) {
        const { token } = await bodyOf(request, z.object({ token: tokenInput }));
        const invitation = await readInvitation(deps, caller, token);
        return answer({ email: invitation.email, toWhat: invitation.to_what });
      },
    },
  ];
}

function forgottenRoutes(deps: IdentityDeps): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/auth/forgot',
      access: { public: 'whoever forgot their password cannot sign in' },
      maxBytes,
      async handle({ request, caller }) {
        const { email } = await bodyOf(request, z.object({ email: emailInput }));
        await askForReset(deps, caller, email);
        return answer({});
      },
    },
    {
      method: 'POST',
      path: '/auth/reset',
      access: { public: 'whoever has the mailed link chooses a new password' },
      maxBytes,
      async handle({ request, caller }) {
        await resetPassword(deps, caller, await bodyOf(request, resetInput));
        return answer({});
      },
    },
  ];
}

/** Not a field of the graph: the answer carries another cookie. */
function passwordRoute(deps: IdentityDeps): HttpRoute {
  return {
    method: 'POST',
    path: '/auth/password',
    access: { signedIn: true },
    maxBytes,
    async handle({ request, caller }) {
      return signedIn(deps.house, await changePassword(deps, caller, await bodyOf(request, changeInput)), {});
    },
  };
}

function signOutRoute(deps: IdentityDeps): HttpRoute {
  return {
    method: 'POST',
    path: '/auth/sign-out',
    access: { public: 'a session that ended already is signed out all the same' },
    maxBytes,
    async handle({ caller }) {
      const personId = personOf(caller);
      const session = caller.session;
      if (personId !== undefined && session !== undefined) {
        await deps.db.write(async (tx) => {
          if (!(await sessionsWriter(tx).end(session, personId))) return;
          await tellEnded(deps, tx, caller, [session], personId);
          await audit(deps.bus, tx, caller, { action: 'signed-out', target: personId });
        });
      }
      return signedOut(deps.house);
    },
  };
}
