import type { Caller } from '@steading/kit';
import { addressBucket } from '@steading/limits';
import type * as openid from 'openid-client';
import type { OidcProviderSettings } from '#src/config.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type FlowRow, oidcWriter } from '#src/oidc/oidc-db.ts';
import { loadOidc, type Providers } from '#src/oidc/providers.ts';
import { safeReturnPath } from '#src/oidc/return-path.ts';
import { newToken, sha256 } from '#src/random-tokens.ts';

/*
 * OpenID Connect's code flow with PKCE (RFC 7636), state and nonce, as RFC 9700 asks: what was begun is kept here, not
 * in the browser; it is bound to the browser by a cookie of its own, to the provider by a redirect address for each
 * and by the issuer in the answer (RFC 9207), and it is used once.
 */

export const flowSeconds = 600;

export interface Begun {
  readonly location: string;
  /** For the cookie that binds the flow to this browser. */
  readonly browser: string;
}

export async function beginFlow(
  deps: IdentityDeps,
  providers: Providers,
  caller: Caller,
  asked: { provider: string; returnPath: string | null },
): Promise<Begun> {
  await deps.limits.take('oidc', addressBucket(caller.address));
  const provider = providers.find(asked.provider);
  const configuration = await providers.discovered(provider);
  const oidc = await loadOidc();
  const state = newToken();
  const browser = newToken();
  const nonce = newToken();
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const now = deps.clock.now();
  await deps.db.write((tx) =>
    oidcWriter(tx).begin({
      stateHash: sha256(state),
      browserHash: sha256(browser),
      provider: provider.id,
      codeVerifier,
      nonce,
      returnPath: safeReturnPath(asked.returnPath),
      now: new Date(now),
      expires: new Date(now + flowSeconds * 1000),
    }),
  );
  const location = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri(deps, provider),
    scope: provider.scopes,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  return { location: location.href, browser };
}

export interface ProviderClaims {
  readonly provider: OidcProviderSettings;
  readonly subject: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  readonly returnPath: string;
}

/** What the provider says of whoever comes back. Everything that does not fit is `identity.provider-refused`. */
export async function finishFlow(
  deps: IdentityDeps,
  providers: Providers,
  caller: Caller,
  came: { provider: string; url: URL; browser: string | undefined },
): Promise<ProviderClaims> {
  await deps.limits.take('oidc', addressBucket(caller.address));
  const provider = providers.find(came.provider);
  const state = came.url.searchParams.get('state');
  const flow = state && came.browser ? await takeFlow(deps, state, came.browser, provider.id) : undefined;
  if (!state || !flow) throw fail('identity.provider-refused', { name: provider.name });
  const configuration = await providers.discovered(provider);
  try {
    return await exchange(deps, provider, configuration, { flow, state, url: came.url });
  } catch (error) {
    const told = { problem: problemOf(error), provider: provider.id, requestId: caller.requestId };
    deps.log.warn(told, 'a sign-in by a provider failed');
    throw fail('identity.provider-refused', { name: provider.name }, error);
  }
}

function takeFlow(deps: IdentityDeps, state: string, browser: string, provider: string): Promise<FlowRow | undefined> {
  const now = new Date(deps.clock.now());
  return deps.db.write((tx) => oidcWriter(tx).take(sha256(state), sha256(browser), provider, now));
}

async function exchange(
  deps: IdentityDeps,
  provider: OidcProviderSettings,
  configuration: openid.Configuration,
  came: { flow: FlowRow; state: string; url: URL },
): Promise<ProviderClaims> {
  const current = new URL(redirectUri(deps, provider));
  current.search = came.url.search;
  const oidc = await loadOidc();
  const tokens = await oidc.authorizationCodeGrant(configuration, current, {
    pkceCodeVerifier: came.flow.code_verifier,
    expectedState: came.state,
    expectedNonce: came.flow.nonce,
    idTokenExpected: true,
  });
  const idToken = tokens.claims()!;
  const merged = { ...idToken };
  if (typeof idToken.email !== 'string' && configuration.serverMetadata().userinfo_endpoint) {
    Object.assign(merged, await oidc.fetchUserInfo(configuration, tokens.access_token, idToken.sub));
  }
  const email = typeof merged.email === 'string' ? merged.email : '';
  const name = typeof merged.name === 'string' ? merged.name : '';
  return {
    provider,
    subject: idToken.sub,
    email,
    emailVerified: merged.email_verified === true && email !== '',
    name: name || email.split('@')[0] || 'Somebody',
    returnPath: came.flow.return_path,
  };
}

/**
 * What may be logged of a failure: kinds and codes, no sentence of the provider's. Some repeat what they were sent, the
 * code and the client's secret included.
 */
function problemOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: 'unknown' };
  const { name, code, error: refusal, status } = error as Error & Readonly<Record<string, unknown>>;
  const isWord = (text: unknown) => typeof text === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(text);
  return {
    name,
    ...(isWord(code) && { code }),
    ...(isWord(refusal) && { refusal }),
    ...(typeof status === 'number' && { status }),
    ...(error.cause instanceof Error && { cause: error.cause.name }),
  };
}

/** One for each provider, so that the answer of one cannot be passed off as another's. */
function redirectUri(deps: IdentityDeps, provider: OidcProviderSettings): string {
  return `${deps.house.publicUrl}/auth/oidc/${provider.id}/callback`;
}
