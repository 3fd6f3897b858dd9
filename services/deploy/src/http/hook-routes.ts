/** Ways in for Git servers and scripts. */
import type { HttpContext, HttpRoute } from '@steading/service';
import { takeDeployHook, takeWebhook } from '#src/actions/hooks.ts';
import type { Deps } from '#src/deps.ts';

const maxHookBytes = 5 * 1024 * 1024;

export function hookRoutes(deps: Deps): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/hooks/deploy/git/:app',
      access: {
        public: 'a Git server has no session: the signature over the body is checked with the secret of the app',
      },
      maxBytes: maxHookBytes,
      async handle(context: HttpContext) {
        const body = new Uint8Array(await context.request.arrayBuffer());
        const { caller, request } = context;
        const result = await takeWebhook(deps, {
          appId: context.params.app ?? '',
          headers: request.headers,
          body,
          caller,
        });
        return 'ignored' in result
          ? Response.json({ ignored: result.ignored })
          : Response.json({ deploymentId: result.deployment.id, number: result.deployment.number }, { status: 202 });
      },
    },
    {
      method: 'POST',
      path: '/hooks/deploy/run/:app',
      access: { public: 'a script has no session: the token of the hook is checked' },
      maxBytes: 65_536,
      async handle({ request, params, caller }: HttpContext) {
        const authorization = request.headers.get('authorization');
        const deployment = await takeDeployHook(deps, { appId: params.app ?? '', authorization, caller });
        return Response.json({ deploymentId: deployment.id, number: deployment.number }, { status: 202 });
      },
    },
  ];
}
