import type { Clock, Log } from '@steading/kit';
import type * as oidc from 'openid-client';
import type { OidcProviderSettings } from '#src/config.ts';
import { fail } from '#src/errors.ts';

/** The providers that an operator has set, each discovered when it is first needed. */
export interface Providers {
  readonly list: readonly OidcProviderSettings[];
  find(id: string): OidcProviderSettings;
  /** Its metadata; `identity.provider-unavailable` where it cannot be had. */
  discovered(provider: OidcProviderSettings): Promise<oidc.Configuration>;
}

const deadlineSeconds = 5;
/** After a failure, nobody waits for the same provider again for so long. */
const retryMs = 5_000;
/** Metadata and keys are read again after a day. */
const freshMs = 24 * 3_600_000;

interface Known {
  readonly asked: Promise<oidc.Configuration>;
  readonly untilMs: number;
}

/** Discovery is lazy and repeated: a provider that is down at start is offered as soon as it is back. */
export function createProviders(options: {
  readonly settings: readonly OidcProviderSettings[];
  readonly clock: Clock;
  readonly log: Log;
}): Providers {
  const { settings, clock, log } = options;
  const known = new Map<string, Known>();

  function ask(provider: OidcProviderSettings): Promise<oidc.Configuration> {
    const cached = known.get(provider.id);
    if (cached && clock.now() < cached.untilMs) return cached.asked;
    const asked = discover(provider);
    known.set(provider.id, { asked, untilMs: clock.now() + freshMs });
    asked.catch((error: unknown) => {
      log.warn({ err: error, provider: provider.id }, 'a sign-in provider could not be discovered');
      known.set(provider.id, { asked, untilMs: clock.now() + retryMs });
    });
    return asked;
  }

  return {
    list: settings,
    find(id) {
      const provider = settings.find((one) => one.id === id);
      if (!provider) throw fail('identity.provider-unknown');
      return provider;
    },
    async discovered(provider) {
      try {
        return await ask(provider);
      } catch (error) {
        throw fail('identity.provider-unavailable', { name: provider.name }, error);
      }
    },
  };
}

/** Loaded with the first sign-in by a provider: most houses have none. */
export const loadOidc = (): Promise<typeof oidc> => import('openid-client');

async function discover(provider: OidcProviderSettings): Promise<oidc.Configuration> {
  const oidc = await loadOidc();
  const issuer = new URL(provider.issuer);
  const secret = provider.clientSecret;
  const authentication = secret ? oidc.ClientSecretBasic(secret.reveal()) : oidc.None();
  // An operator who writes http:// means it: a provider on the same machine or network.
  const execute = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
  return oidc.discovery(issuer, provider.clientId, {}, authentication, { execute, timeout: deadlineSeconds });
}
