/** An app's settings as they are shown: what is secret is only said to be there. */
import type { AppRow } from '#src/apps-db.ts';
import type { DomainRow } from '#src/domains-db.ts';
import type { GraphParts } from '#src/graph/types.ts';
import { proofRecord } from '#src/names.ts';
import type { BuildSettings, RuntimeSettings } from '#src/settings.ts';

export function appSettingTypes({ builder }: GraphParts) {
  const Source = builder
    .objectRef<{ app: AppRow; urls: { webhook: string; deployHook: string } }>('AppSource')
    .implement({
      fields: (t) => ({
        kind: t.string({ resolve: ({ app }) => app.source.kind }),
        url: t.string({ nullable: true, resolve: ({ app }) => app.source.url || null }),
        branch: t.string({ nullable: true, resolve: ({ app }) => app.source.branch || null }),
        commit: t.string({ nullable: true, resolve: ({ app }) => app.source.commit || null }),
        submodules: t.boolean({ resolve: ({ app }) => app.source.submodules }),
        hasToken: t.boolean({ resolve: ({ app }) => app.source_token !== null }),
        deployKey: t.string({ nullable: true, resolve: ({ app }) => app.deploy_key_public }),
        webhookUrl: t.string({ resolve: ({ urls }) => urls.webhook }),
        deployHookUrl: t.string({ resolve: ({ urls }) => urls.deployHook }),
        hasWebhookSecret: t.boolean({ resolve: ({ app }) => app.webhook_secret !== null }),
        hasDeployHookToken: t.boolean({ resolve: ({ app }) => app.deploy_hook_hash !== null }),
      }),
    });
  const Build = builder.objectRef<BuildSettings>('BuildSettings').implement({
    fields: (t) => ({
      builder: t.exposeString('builder'),
      installCommand: t.exposeString('installCommand'),
      buildCommand: t.exposeString('buildCommand'),
      startCommand: t.exposeString('startCommand'),
      outputFolder: t.exposeString('outputFolder'),
      rootFolder: t.exposeString('rootFolder'),
      singlePage: t.exposeBoolean('singlePage'),
    }),
  });
  const Runtime = builder.objectRef<RuntimeSettings>('RuntimeSettings').implement({
    fields: (t) => ({
      replicas: t.exposeInt('replicas'),
      healthPath: t.exposeString('healthPath'),
      drainSeconds: t.exposeInt('drainSeconds'),
      memoryMb: t.exposeInt('memoryMb'),
      cpuMillis: t.exposeInt('cpuMillis'),
      keep: t.exposeInt('keep'),
    }),
  });
  return { Source, Build, Runtime };
}

export function addDomainType({ builder, types }: GraphParts): void {
  const Proof = builder.objectRef<DomainRow>('DomainProof').implement({
    fields: (t) => ({
      recordName: t.string({ resolve: (domain) => proofRecord(domain.host) }),
      recordValue: t.exposeString('proof'),
    }),
  });
  types.Domain.implement({
    fields: (t) => ({
      host: t.exposeString('host'),
      isDefault: t.exposeBoolean('is_default'),
      state: t.string({ resolve: (domain) => (domain.verified ? 'verified' : 'pending') }),
      verification: t.field({ type: Proof, nullable: true, resolve: (domain) => (domain.verified ? null : domain) }),
    }),
  });
}
