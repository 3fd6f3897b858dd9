import type { HttpRoute } from '@steading/service';
import { z } from 'zod';
import type { IdentityDeps } from '#src/deps.ts';
import { pollDevice, startDevice } from '#src/device-logins.ts';
import { answer } from '#src/http/answers.ts';
import { bodyOf, tokenInput } from '#src/input.ts';
import { tokenNameInput } from '#src/token-input.ts';

/** What the `steading` command asks before it has a token. */
export function deviceRoutes(deps: IdentityDeps): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/auth/device/start',
      access: { public: 'the command has no token yet' },
      maxBytes: 4_096,
      async handle({ request, caller }) {
        const { name } = await bodyOf(request, z.object({ name: tokenNameInput }));
        return answer(await startDevice(deps, caller, name));
      },
    },
    {
      method: 'POST',
      path: '/auth/device/poll',
      access: { public: 'whoever has the device code gets its token, once' },
      maxBytes: 4_096,
      async handle({ request, caller }) {
        const { deviceCode } = await bodyOf(request, z.object({ deviceCode: tokenInput }));
        return answer({ token: await pollDevice(deps, caller, deviceCode) });
      },
    },
  ];
}
