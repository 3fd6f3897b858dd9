import { privilege, type SubgraphBuilder } from '@steading/graph';
import { type AuditRow, auditReader } from '#src/audit-db.ts';
import type { ObserveDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { verifyAudit } from '#src/verify-audit.ts';

const largestPage = 200;

/** The audit trail: of one node for whoever may read its audit, of the house for operators. */
export function addAudit(builder: SubgraphBuilder, deps: ObserveDeps): void {
  const Person = builder.externalRef('Person', builder.selection<{ id: string }>('id')).implement({
    externalFields: (t) => ({ id: t.id() }),
  });
  const Entry = builder.objectRef<AuditRow>('AuditEntry').implement({
    fields: (t) => ({
      position: t.string({ resolve: (row) => String(row.position) }),
      at: t.expose('at', { type: 'DateTime' }),
      action: t.exposeString('action'),
      actor: t.exposeString('actor'),
      actorPerson: t.field({
        type: Person,
        nullable: true,
        resolve: (row) => (row.actor.startsWith('user:') ? { id: row.actor.slice(5) } : null),
      }),
      nodeId: t.exposeID('node'),
      target: t.exposeString('target'),
      result: t.exposeString('result'),
      through: t.exposeString('through', { nullable: true }),
      address: t.exposeString('address', { nullable: true }),
      requestId: t.exposeString('request_id'),
      before: t.expose('before', { type: 'JSON', nullable: true }),
      after: t.expose('after', { type: 'JSON', nullable: true }),
      hash: t.exposeString('hash'),
    }),
  });
  const Connection = builder.objectRef<{ rows: AuditRow[]; more: boolean }>('AuditConnection').implement({
    fields: (t) => ({
      nodes: t.field({ type: [Entry], resolve: ({ rows }) => rows }),
      endCursor: t.string({
        nullable: true,
        resolve: ({ rows }) => (rows.length > 0 ? String(rows.at(-1)?.position) : null),
      }),
      hasNextPage: t.boolean({ resolve: ({ more }) => more }),
    }),
  });
  const Verification = builder
    .objectRef<{ ok: boolean; entries: number; firstBroken?: string }>('AuditVerification')
    .implement({
      fields: (t) => ({
        ok: t.exposeBoolean('ok'),
        entries: t.exposeInt('entries'),
        firstBroken: t.exposeString('firstBroken', { nullable: true }),
      }),
    });

  builder.queryField('audit', (t) =>
    t.field({
      type: Connection,
      args: {
        nodeId: t.arg.id(),
        actor: t.arg.id(),
        action: t.arg.string(),
        since: t.arg({ type: 'DateTime' }),
        until: t.arg({ type: 'DateTime' }),
        first: t.arg.int({ defaultValue: 50 }),
        after: t.arg.string(),
      },
      access: (args) => privilege(auditPrivilege(args.nodeId), args.nodeId ?? 'platform'),
      async resolve(_, args) {
        const limit = Math.max(1, Math.min(args.first ?? 50, largestPage));
        const rows = await auditReader(deps.db).page({
          node: args.nodeId ?? undefined,
          actor: args.actor ? withKind(args.actor) : undefined,
          action: args.action?.slice(0, 80),
          since: args.since ?? undefined,
          until: args.until ?? undefined,
          after: readCursor(args.after),
          limit: limit + 1,
        });
        return { rows: rows.slice(0, limit), more: rows.length > limit };
      },
    }),
  );
  builder.queryField('verifyAudit', (t) =>
    t.field({
      type: Verification,
      access: privilege('platform.read-audit', 'platform'),
      resolve: () => verifyAudit(deps.db, deps.auditKey),
    }),
  );
}

/** Ids are prefixed with what they name; the privilege follows from that. */
const kindOfPrefix: Readonly<Record<string, string>> = { spc: 'space', prj: 'project', env: 'environment', app: 'app' };

function auditPrivilege(nodeId: string | null | undefined): string {
  const kind = kindOfPrefix[nodeId?.split('_')[0] ?? ''];
  return nodeId && kind ? `${kind}.read-audit` : 'platform.read-audit';
}

function withKind(actor: string): string {
  return actor.includes(':') ? actor : `user:${actor}`;
}

function readCursor(after: string | null | undefined): number | undefined {
  if (after === null || after === undefined) return undefined;
  if (!/^\d{1,15}$/.test(after)) throw fail('observe.bad-cursor');
  return Number(after);
}
