/** Ways in for the command and for curl: archives go in, logs come out. */

import type { ReadableStream } from 'node:stream/web';
import { type Caller, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import type { HttpContext, HttpRoute } from '@steading/service';
import { findApp, findDeployment } from '#src/actions/find.ts';
import { uploadArchive } from '#src/actions/upload.ts';
import type { Deps } from '#src/deps.ts';
import { followDeploymentLog } from '#src/follow.ts';
import { eventStream, type StreamItem, startAfter } from '#src/http/event-stream.ts';
import { followAppLog } from '#src/rpc/app-log.ts';

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
    {
      method: 'GET',
      path: '/api/deploy/deployments/:id/log',
      access: { signedIn: true },
      timeoutMs: 0,
      async handle({ request, url, params, caller, signal }: HttpContext) {
        const row = await findDeployment(deps, caller, 'app.read-logs', params.id ?? '');
        const stop = new AbortController();
        const both = watchAccess(deps, { caller, appId: row.app_id, signal: AbortSignal.any([signal, stop.signal]) });
        const lines = followDeploymentLog(deps, {
          deploymentId: row.id,
          after: startAfter(request, url),
          signal: both,
        });
        return eventStream(numbered(lines), stop);
      },
    },
    {
      method: 'GET',
      path: '/api/deploy/apps/:id/logs',
      access: { signedIn: true },
      timeoutMs: 0,
      async handle({ request, url, params, caller, signal }: HttpContext) {
        const app = await findApp(deps, caller, 'app.read-logs', params.id ?? '');
        const stop = new AbortController();
        const both = watchAccess(deps, { caller, appId: app.id, signal: AbortSignal.any([signal, stop.signal]) });
        const follow = url.searchParams.get('follow') === '1' || url.searchParams.get('follow') === 'true';
        const options = as(serviceCaller('deploy', caller.requestId), { signal: both, timeoutMs: 24 * 3600_000 });
        const lines = followAppLog(deps.compute, { appId: app.id, after: startAfter(request, url), follow }, options);
        return eventStream(numbered(lines), stop);
      },
    },
  ];
}

/** A stream ends as soon as its reader may no longer read. */
function watchAccess(deps: Deps, reader: { caller: Caller; appId: string; signal: AbortSignal }): AbortSignal {
  const revoked = new AbortController();
  const watch = deps.access.onChange(() => {
    if (!deps.access.can(reader.caller, 'app.read-logs', reader.appId)) revoked.abort();
  });
  reader.signal.addEventListener('abort', () => watch.stop(), { once: true });
  revoked.signal.addEventListener('abort', () => watch.stop(), { once: true });
  return AbortSignal.any([reader.signal, revoked.signal]);
}

async function* numbered(batches: AsyncIterable<readonly { position: number }[]>): AsyncGenerator<StreamItem[]> {
  for await (const batch of batches) yield batch.map((line) => ({ position: line.position, data: line }));
}
