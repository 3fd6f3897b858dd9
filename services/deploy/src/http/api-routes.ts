/** A way in for the command and for curl: archives go in. */

import type { ReadableStream } from 'node:stream/web';
import type { HttpContext, HttpRoute } from '@steading/service';
import { uploadArchive } from '#src/actions/upload.ts';
import type { Deps } from '#src/deps.ts';

export function apiRoutes(deps: Deps): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/api/deploy/archive',
      access: { signedIn: true },
      maxBytes: deps.config.STEADING_ARCHIVE_MAX_MB * 1024 * 1024,
      timeoutMs: 16 * 60_000,
      async handle({ request, url, caller, signal }: HttpContext) {
        const body = request.body as ReadableStream<Uint8Array> | null;
        const deployment = await uploadArchive(deps, caller, {
          appId: url.searchParams.get('app') ?? '',
          body,
          signal,
        });
        return Response.json({ deploymentId: deployment.id, number: deployment.number }, { status: 202 });
      },
    },
  ];
}
