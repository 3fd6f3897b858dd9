import { timingSafeEqual } from 'node:crypto';
import { TokenRevoked } from '@steading/contracts/identity-events';
import type { Writer } from '@steading/db';
import { parseScope } from '@steading/forest';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { inBrowser, requirePerson, unnarrowed } from '#src/account.ts';
import { audit } from '#src/audit.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { principalOf } from '#src/people.ts';
import { hmac, newToken, newTokenPrefix, sha256 } from '#src/random-tokens.ts';
import { type TokenRow, tokensReader, tokensWriter } from '#src/tokens-db.ts';

/*
 * `stg_<prefix>_<secret>`: the prefix finds the row; of the secret only an HMAC of its SHA-256 is kept, under a key
 * that is not in the database. Whoever asks sends the SHA-256, so that the secret itself stays in the gateway.
 */

const mostTokens = 100;
const usedEveryMs = 60_000;
const dayMs = 24 * 3_600_000;

export interface TokenInput {
  readonly name: string;
  /** Empty: whatever the person may. */
  readonly scopes: readonly string[];
  /** Undefined: never ends. */
  readonly days: number | undefined;
}

/** Makes a token for the person who asks in a browser. The value is shown this once. */
export async function createToken(
  deps: IdentityDeps,
  caller: Caller,
  input: TokenInput,
): Promise<{ token: TokenRow; value: string }> {
  const { personId } = inBrowser(caller);
  for (const scope of input.scopes) {
    const read = parseScope(scope);
    if (!read.ok) throw fail('identity.scope-invalid', { scope, problem: read.reason });
  }
  return deps.db.write((tx) => insertToken(deps, tx, caller, personId, input));
}

/** Inside a transaction; the caller has been checked. */
export async function insertToken(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  personId: string,
  input: TokenInput,
): Promise<{ token: TokenRow; value: string }> {
  const tokens = tokensWriter(tx);
  if ((await tokens.count(personId)) >= mostTokens) throw fail('identity.too-many-tokens', { most: mostTokens });
  const now = deps.clock.now();
  const prefix = newTokenPrefix();
  const secret = newToken();
  const token = await tokens.insert({
    id: newId('tok'),
    prefix,
    personId,
    name: input.name,
    secretMac: macOf(deps, sha256(secret)),
    scopes: input.scopes,
    now: new Date(now),
    expires: input.days === undefined ? null : new Date(now + input.days * dayMs),
  });
  await audit(deps.bus, tx, caller, { action: 'token-created', target: input.name, after: { scopes: input.scopes } });
  return { token: token!, value: `stg_${prefix}_${secret}` };
}

function macOf(deps: IdentityDeps, secretSha256: Uint8Array): Buffer {
  return hmac(deps.house.key('identity.tokens'), secretSha256);
}

/** The live token behind a value; undefined where there is none. Notes its use, at most once a minute. */
export async function resolveToken(
  deps: IdentityDeps,
  caller: Caller,
  asked: { prefix: string; secretSha256: Uint8Array; address: string | undefined },
): Promise<TokenRow | undefined> {
  const found = await tokensReader(deps.db).byPrefix(asked.prefix);
  if (!found || !timingSafeEqual(found.secret_mac, macOf(deps, asked.secretSha256))) return undefined;
  const now = deps.clock.now();
  if (found.state !== 'active' || (found.expires_at && found.expires_at.getTime() <= now)) return undefined;
  const last = found.last_used_at?.getTime();
  if (last === undefined || now - last >= usedEveryMs) {
    await deps.db.write(async (tx) => {
      await tokensWriter(tx).used(found.id, new Date(now), asked.address ?? null);
      if (last !== undefined) return;
      const holder: Caller = { ...caller, kind: 'user', principal: principalOf(found.person_id), token: found.id };
      const from = asked.address === undefined ? holder : { ...holder, address: asked.address };
      await audit(deps.bus, tx, from, { action: 'token-first-used', target: found.name });
    });
  }
  return found;
}

/** Ends a token at once, everywhere. A token may also end itself, whatever its scopes. */
export async function revokeToken(deps: IdentityDeps, caller: Caller, tokenId: string): Promise<void> {
  const personId = caller.token === tokenId ? requirePerson(caller) : unnarrowed(caller);
  await deps.db.write(async (tx) => {
    const token = await tokensWriter(tx).remove(tokenId, personId);
    if (!token) throw kitErrors('not-found', { kind: 'token' });
    const data = { tokenId, principal: principalOf(personId) };
    await deps.bus.emit(tx, TokenRevoked, { key: tokenId, caller, data });
    await audit(deps.bus, tx, caller, { action: 'token-revoked', target: token.name });
  });
}
