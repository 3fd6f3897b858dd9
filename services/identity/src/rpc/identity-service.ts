import { IdentityService } from '@steading/contracts/rpc/identity';
import { type Caller, kitErrors } from '@steading/kit';
import { callerOf, implement, type RpcImplementation } from '@steading/rpc';
import type { IdentityDeps } from '#src/deps.ts';
import { checkInput, emailInput } from '#src/input.ts';
import { inviteToRegister } from '#src/invitations.ts';
import { safeReturnPath } from '#src/oidc/return-path.ts';
import { type PersonRow, principalOf } from '#src/people.ts';
import { peopleReader } from '#src/people-db.ts';
import { resolveToken } from '#src/personal-tokens.ts';
import { resolveSession } from '#src/resolve-session.ts';

const mostIds = 500;
const mostText = 20_000;

/** What other services ask of identity. Only the gateway resolves; every method refuses callers from outside. */
export function identityRpc(deps: IdentityDeps): RpcImplementation {
  return implement(IdentityService, {
    async resolveSession(request, context) {
      fromHouse(callerOf(context));
      const seen = { address: request.address || undefined };
      const found = await resolveSession(deps, Buffer.from(request.tokenSha256), seen);
      if (!found) throw kitErrors('not-found', { kind: 'session' });
      return {
        userId: found.personId,
        sessionId: found.sessionId,
        expiresMs: BigInt(found.expiresMs),
        refreshMs: BigInt(found.refreshMs),
      };
    },
    async resolveToken(request, context) {
      const caller = callerOf(context);
      fromHouse(caller);
      const { prefix, secretSha256 } = request;
      const found = await resolveToken(deps, caller, { prefix, secretSha256, address: request.address || undefined });
      if (!found) throw kitErrors('not-found', { kind: 'token' });
      return {
        principal: principalOf(found.person_id),
        tokenId: found.id,
        scopes: [...found.scopes],
        expiresMs: BigInt(found.expires_at?.getTime() ?? 0),
      };
    },
    async getPeople(request) {
      if (request.ids.length > mostIds) throw kitErrors('too-large', { limit: `${mostIds} ids` });
      return { people: (await peopleReader(deps.db).byIds(request.ids)).map(toPerson) };
    },
    async findByEmail(request) {
      const person = await peopleReader(deps.db).byEmail(request.email);
      return person?.state === 'active' && person.email_proof !== null ? { person: toPerson(person) } : {};
    },
    async inviteToRegister(request, context) {
      const email = checkInput(emailInput, request.email);
      const toWhat = oneLine(request.toWhat) || 'Steading';
      const returnPath = safeReturnPath(request.returnPath);
      const invited = await inviteToRegister(deps, callerOf(context), { email, toWhat, returnPath });
      return { link: invited.link ?? '', mailed: invited.mailed };
    },
    async sendMail(request) {
      const person = await peopleReader(deps.db).byId(request.toUserId);
      if (person?.state !== 'active') return {};
      if (request.text.length > mostText) throw kitErrors('too-large', { limit: `${mostText} characters` });
      const mail = { to: person.email, subject: oneLine(request.subject), text: request.text };
      deps.mailer.post(async () => mail);
      return {};
    },
  });
}

/** A person's caller comes this far only through another service; sessions and tokens are resolved for nobody else. */
function fromHouse(caller: Caller): void {
  if (caller.kind !== 'service') throw kitErrors('forbidden', { why: 'Only the house itself asks this.' });
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

function toPerson(person: PersonRow) {
  return { id: person.id, name: person.name, email: person.email, state: person.state };
}
