/** Domains of an app: added, proven by DNS, removed. A host belongs to one app of the whole house. */
import type { Caller } from '@steading/kit';
import { newProof } from '#src/actions/apps.ts';
import { audit } from '#src/actions/audit.ts';
import { findApp } from '#src/actions/find.ts';
import type { Deps } from '#src/deps.ts';
import { type DomainRow, domainsDb } from '#src/domains-db.ts';
import { fail } from '#src/errors.ts';
import { checkHost, proofRecord } from '#src/names.ts';
import { tellRoutes } from '#src/routes.ts';

const limits = { perApp: 50 };

export async function addDomain(deps: Deps, caller: Caller, appId: string, text: string): Promise<DomainRow> {
  const app = await findApp(deps, caller, 'app.manage-domains', appId);
  const checked = checkHost(text, deps.house);
  if ('problem' in checked) throw fail('deploy.bad-host', { problem: checked.problem });
  const { host } = checked;
  if ((await domainsDb.ofApps(deps.db, [appId])).length >= limits.perApp)
    throw fail('deploy.limit', { what: 'domains', limit: limits.perApp });
  await deps.db.write(async (tx) => {
    const existing = await domainsDb.byHost(tx, host);
    if (existing?.app_id === appId) return;
    if (existing) throw fail('deploy.host-taken', { host });
    const made = await domainsDb.insert(tx, { host, appId, isDefault: false, verified: false, proof: newProof() });
    if (made === 0) throw fail('deploy.host-taken', { host });
    await audit(deps, tx, caller, { action: 'deploy.domain-added', node: appId, target: app.name, after: { host } });
  });
  return findDomain(deps, appId, host);
}

/** Reads the TXT record; from then on the host is routed. */
export async function verifyDomain(deps: Deps, caller: Caller, appId: string, text: string): Promise<DomainRow> {
  const app = await findApp(deps, caller, 'app.manage-domains', appId);
  const domain = await findDomain(deps, appId, text.toLowerCase());
  if (domain.verified) return domain;
  const record = proofRecord(domain.host);
  const found = await deps.lookUpTxt(record).catch((): readonly string[] => []);
  if (!found.includes(domain.proof)) throw fail('deploy.domain-not-proven', { record, value: domain.proof });
  await deps.db.write(async (tx) => {
    await domainsDb.verify(tx, domain.host, appId);
    await tellRoutes(deps, tx, caller);
    await audit(deps, tx, caller, {
      action: 'deploy.domain-verified',
      node: appId,
      target: app.name,
      after: { host: domain.host },
    });
  });
  return { ...domain, verified: true };
}

export async function removeDomain(deps: Deps, caller: Caller, appId: string, text: string): Promise<boolean> {
  const app = await findApp(deps, caller, 'app.manage-domains', appId);
  const domain = await findDomain(deps, appId, text.toLowerCase());
  if (domain.is_default) throw fail('deploy.default-domain', { host: domain.host });
  await deps.db.write(async (tx) => {
    if ((await domainsDb.remove(tx, domain.host, appId)) === 0) return;
    await tellRoutes(deps, tx, caller);
    await audit(deps, tx, caller, {
      action: 'deploy.domain-removed',
      node: appId,
      target: app.name,
      before: { host: domain.host },
    });
  });
  return true;
}

async function findDomain(deps: Deps, appId: string, host: string): Promise<DomainRow> {
  const domain = await domainsDb.byHost(deps.db, host.trim().replace(/\.$/, ''));
  if (!domain || domain.app_id !== appId) throw fail('deploy.not-found', { kind: 'domain' });
  return domain;
}
