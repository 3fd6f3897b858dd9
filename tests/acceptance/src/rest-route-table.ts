import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '#src/command.ts';
import type { Ids } from '#src/garden.ts';

export interface RouteProbe {
  readonly path: (ids: Ids) => string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const nothing = 'A'.repeat(43);
const email = 'nobody@example.org';
const password = 'a long enough password';
const push = {
  'x-github-event': 'push',
  'x-github-delivery': '00000000-0000-4000-8000-000000000001',
  'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
};

/** Every REST route with what a stranger would send it. The check compares the names with the services' code. */
export const restRouteTable: Readonly<Record<string, readonly RouteProbe[]>> = {
  'POST /auth/setup': [{ path: () => '/auth/setup', body: { token: nothing, name: 'M', email, password } }],
  'POST /auth/register': [{ path: () => '/auth/register', body: { invitation: nothing, name: 'M', password } }],
  'POST /auth/sign-in': [{ path: () => '/auth/sign-in', body: { email, password } }],
  'POST /auth/invitation': [{ path: () => '/auth/invitation', body: { token: nothing } }],
  'POST /auth/forgot': [{ path: () => '/auth/forgot', body: { email } }],
  'POST /auth/reset': [{ path: () => '/auth/reset', body: { token: nothing, password } }],
  'POST /auth/password': [
    { path: () => '/auth/password', body: { current: 'not the password', next: 'entirely another long one' } },
  ],
  'POST /auth/sign-out': [],
  'POST /auth/device/start': [],
  'POST /auth/device/poll': [{ path: () => '/auth/device/poll', body: { deviceCode: nothing } }],
  'GET /auth/oidc/:provider/start': [{ path: () => '/auth/oidc/nowhere/start?return=//evil.example' }],
  'GET /auth/oidc/:provider/callback': [{ path: () => '/auth/oidc/nowhere/callback?code=x&state=y' }],
  'POST /api/deploy/archive': [
    {
      path: (ids) => `/api/deploy/archive?app=${ids.app}`,
      body: 'no archive',
      headers: { 'content-type': 'application/gzip' },
    },
  ],
  'POST /hooks/deploy/git/:app': [
    { path: (ids) => `/hooks/deploy/git/${ids.app}`, body: { ref: 'refs/heads/main' } },
    { path: (ids) => `/hooks/deploy/git/${ids.app}`, body: { ref: 'refs/heads/main' }, headers: push },
  ],
  'POST /hooks/deploy/run/:app': [
    { path: (ids) => `/hooks/deploy/run/${ids.app}`, body: {} },
    { path: (ids) => `/hooks/deploy/run/${ids.app}`, body: {}, headers: { authorization: `Bearer dhk_${nothing}` } },
  ],
};

/** The routes that the services' code declares. */
export async function declaredRoutes(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob('services/*/src/**/*.ts', { cwd: checkout })) {
    const text = readFileSync(join(checkout, file), 'utf8');
    for (const [, method, path] of text.matchAll(/method: '([A-Z]+)',\s+path: '(\/[^']*)',\s+access:/g))
      found.push(`${method} ${path}`);
  }
  return found.sort();
}
