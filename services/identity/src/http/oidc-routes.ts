import { isAppError } from '@steading/kit';
import { cookiesNamed, type HttpContext, type HttpRoute } from '@steading/service';
import { sessionCookie } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { redirect } from '#src/http/answers.ts';
import { signInByProvider } from '#src/oidc/account.ts';
import { beginFlow, finishFlow, flowSeconds } from '#src/oidc/flow.ts';
import type { Providers } from '#src/oidc/providers.ts';

/** The two steps of signing in by a provider. A browser comes here itself, so that every end is a page to go to. */
export function oidcRoutes(deps: IdentityDeps, providers: Providers): HttpRoute[] {
  const isSecure = deps.house.publicUrl.startsWith('https:');
  // With `__Host-` no sibling subdomain can set it, and so have somebody finish a sign-in that another began.
  const cookieName = isSecure ? '__Host-steading_oidc' : 'steading_oidc';
  const binding = (provider: string, value: string, seconds: number) => {
    const scope = isSecure ? 'Path=/; Secure' : `Path=/auth/oidc/${provider}/callback`;
    return `${cookieName}=${value}; ${scope}; HttpOnly; SameSite=Lax; Max-Age=${seconds}`;
  };

  return [
    {
      method: 'GET',
      path: '/auth/oidc/:provider/start',
      access: { public: 'this is where people sign in' },
      handle: ({ params, url, caller }) =>
        orSignInPage(async () => {
          const provider = params.provider ?? '';
          const asked = { provider, returnPath: url.searchParams.get('return') };
          const begun = await beginFlow(deps, providers, caller, asked);
          return redirect(begun.location, [binding(provider, begun.browser, flowSeconds)]);
        }),
    },
    {
      method: 'GET',
      path: '/auth/oidc/:provider/callback',
      access: { public: 'the provider sends people back here' },
      handle: ({ params, url, request, caller }) =>
        orSignInPage(async () => {
          const provider = params.provider ?? '';
          const came = { provider, url, browser: cookieOf(request, cookieName) };
          const claims = await finishFlow(deps, providers, caller, came);
          const session = await signInByProvider(deps, caller, claims);
          const cookie = sessionCookie(deps.house.publicUrl, session.token);
          return redirect(claims.returnPath, [cookie, binding(provider, '', 0)]);
        }),
    },
  ];
}

/** A refusal is told on the sign-in page, by its code. */
async function orSignInPage(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    return redirect(`/sign-in?error=${encodeURIComponent(error.code)}`, []);
  }
}

function cookieOf(request: HttpContext['request'], name: string): string | undefined {
  const [found = '', another] = cookiesNamed(request.headers.get('cookie'), name);
  return another === undefined && /^[\w-]{43}$/.test(found) ? found : undefined;
}
