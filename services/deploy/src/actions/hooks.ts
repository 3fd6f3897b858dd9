/** Hooks: a Git server tells of a push, or a script asks for a deployment. Each has its own secret for one app. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Caller, isId, serviceCaller } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { orderDeployment } from '#src/actions/deploy.ts';
import { findApp } from '#src/actions/find.ts';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import type { DeploymentRow } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { hooksDb } from '#src/hooks-db.ts';
import {
  asksToSkip,
  deliveryKeys,
  isGenuine,
  readDefaultBranch,
  readDelivery,
  readPushes,
  takesPush,
} from '#src/push-event.ts';

export function hookUrls(deps: Pick<Deps, 'house'>, appId: string): { webhook: string; deployHook: string } {
  const base = deps.house.publicUrl.replace(/\/$/, '');
  return { webhook: `${base}/hooks/deploy/git/${appId}`, deployHook: `${base}/hooks/deploy/run/${appId}` };
}

/** A new secret; the old one ends at once. It is shown this one time. */
export async function renewHook(
  deps: Deps,
  caller: Caller,
  appId: string,
  hook: string,
): Promise<{ url: string; secret: string }> {
  const app = await findApp(deps, caller, 'app.update', appId);
  if (hook !== 'webhook' && hook !== 'deploy-hook')
    throw fail('deploy.bad-setting', { field: 'hook', problem: 'it is webhook or deploy-hook.' });
  const secret = `${hook === 'webhook' ? 'whs' : 'dhk'}_${randomBytes(24).toString('base64url')}`;
  await deps.db.write(async (tx) => {
    if (hook === 'webhook') await appsDb.setWebhook(tx, appId, deps.sealing.seal(secret, `${appId}:webhook`));
    else await appsDb.setDeployHook(tx, appId, hash(secret));
    await audit(deps, tx, caller, { action: 'deploy.hook-renewed', node: appId, target: app.name, after: { hook } });
  });
  const urls = hookUrls(deps, appId);
  return { url: hook === 'webhook' ? urls.webhook : urls.deployHook, secret };
}

export type HookResult = { readonly deployment: DeploymentRow } | { readonly ignored: string };

/** A delivery of a Git server. Nothing of it is believed before its signature is checked. */
export async function takeWebhook(
  deps: Deps,
  input: { appId: string; headers: Headers; body: Uint8Array; caller: Caller },
): Promise<HookResult> {
  const { headers, body } = input;
  const delivery = readDelivery(headers);
  if (!delivery)
    throw fail('deploy.hook-unreadable', { problem: 'no header names the Git server (X-GitHub-Event and the like).' });
  const app = await hookedApp(deps, input.appId);
  // The same answer for an app that is not there, for one without a secret, and for a wrong signature.
  if (!app?.webhook_secret) throw fail('deploy.hook-refused');
  const secret = deps.sealing.open(app.webhook_secret, `${app.id}:webhook`).reveal();
  if (!isGenuine(delivery.forge, headers, body, secret)) throw fail('deploy.hook-refused');
  if (delivery.kind === 'ping') return { ignored: 'pong' };
  if (delivery.kind === 'other') return { ignored: 'not a push' };
  const text = Buffer.from(body).toString('utf8');
  const pushes = readPushes(delivery.forge, text);
  if ('problem' in pushes) throw fail('deploy.hook-unreadable', { problem: pushes.problem });
  if (app.source.kind !== 'git') return { ignored: 'this app is built from archives' };
  const push = pushes.find((each) => takesPush(each, app.source.branch, readDefaultBranch(text)));
  if (!push) return { ignored: 'not the branch of this app' };
  if (asksToSkip(push.message)) return { ignored: 'the commit asks to be skipped' };
  const order = {
    trigger: 'push' as const,
    branch: push.ref.name,
    commit: push.commit!,
    message: push.message.split('\n', 1)[0]!.slice(0, 500),
    author: push.author,
  };
  const deployment = await orderDeployment(deps, hookCaller(input.caller), app.id, order, async (tx) => {
    for (const key of deliveryKeys(delivery, body)) {
      if ((await hooksDb.insert(tx, app.id, key)) === 0) throw fail('deploy.hook-replayed');
    }
  });
  return { deployment };
}

/** The deploy hook: `Authorization: Bearer <token>`, nothing else is read. */
export async function takeDeployHook(
  deps: Deps,
  input: { appId: string; authorization: string | null; caller: Caller },
): Promise<DeploymentRow> {
  const token = /^Bearer (\S{1,200})$/i.exec(input.authorization ?? '')?.[1] ?? '';
  const app = await hookedApp(deps, input.appId);
  // The same work and the same answer for an app that is not there.
  const expected = app?.deploy_hook_hash ?? Buffer.alloc(32);
  const right = timingSafeEqual(hash(token), expected) && app?.deploy_hook_hash != null;
  if (!right) throw fail('deploy.hook-refused');
  return orderDeployment(deps, hookCaller(input.caller), app.id, {
    trigger: 'hook',
    commit: app.source.commit || null,
  });
}

async function hookedApp(deps: Deps, appId: string): Promise<AppRow | undefined> {
  return isId('app', appId) ? appsDb.byId(deps.db, appId) : undefined;
}

/** The hook's secret stands for the house's own permission on this one app; the address stays for the audit trail. */
function hookCaller(caller: Caller): Caller {
  const { address, userAgent } = caller;
  return {
    ...serviceCaller('deploy', caller.requestId),
    ...(address ? { address } : {}),
    ...(userAgent ? { userAgent } : {}),
  };
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
