import { type Database, type Reader, statement, type Writer } from '@steading/db';
import { type AuditEntry, hashEntry } from '#src/audit-entry.ts';

export type AuditRow = {
  readonly position: number;
  readonly event_id: string;
  readonly at: Date;
  readonly action: string;
  readonly actor: string;
  readonly node: string;
  readonly target: string;
  readonly result: string;
  readonly through: string | null;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly request_id: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly hash: string;
};

export interface AuditFilter {
  readonly node?: string | undefined;
  readonly actor?: string | undefined;
  /** The action itself, or its beginning: `deploy.`. */
  readonly action?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Entries before this position. */
  readonly after?: number | undefined;
  readonly limit: number;
}

interface Chain extends Record<string, unknown> {
  readonly last_position: number;
  readonly last_hash: string;
  readonly anchor_position: number;
  readonly anchor_hash: string;
}

const lockChain = statement<[], Chain>(
  'observe.lockChain',
  'select last_position, last_hash, anchor_position, anchor_hash from observe.audit_chain for update',
);
const readChain = statement<[], Chain>(
  'observe.readChain',
  'select last_position, last_hash, anchor_position, anchor_hash from observe.audit_chain',
);
const moveChain = statement<[position: number, hash: string]>(
  'observe.moveChain',
  'update observe.audit_chain set last_position = $1, last_hash = $2',
);
const insertEntry = statement<
  [
    number,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string | null,
    string | null,
    string | null,
    string,
    string | null,
    string | null,
    string,
  ]
>(
  'observe.insertEntry',
  `insert into observe.audit (position, event_id, at, action, actor, node, target, result, through, address, user_agent, request_id, before, after, hash)
   values ($1, $2, $3::timestamptz, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::jsonb, $15)`,
);
const columns =
  'position, event_id, at, action, actor, node, target, result, through, address, user_agent, request_id, before, after, hash';
const page = statement<
  [string | null, string | null, string | null, Date | null, Date | null, number | null, number],
  AuditRow
>(
  'observe.page',
  `select ${columns} from observe.audit
   where ($1::text is null or node = $1) and ($2::text is null or actor = $2) and ($3::text is null or action like $3)
     and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5) and ($6::bigint is null or position < $6)
   order by position desc limit $7`,
);
const forward = statement<[position: number, limit: number], AuditRow>(
  'observe.forward',
  `select ${columns} from observe.audit where position > $1 order by position limit $2`,
);
const prune = statement<[before: Date], { removed: number }>(
  'observe.prune',
  'select observe.prune_audit($1) as removed',
);

/** Adds an entry to the end of the chain, in the given transaction; entries of two transactions wait for one another. */
export async function appendEntry(tx: Writer, key: Buffer, made: Omit<AuditEntry, 'position'>): Promise<void> {
  const chain = await tx.first(lockChain);
  if (!chain) throw new Error('bug: the audit chain has no row');
  const entry: AuditEntry = { position: chain.last_position + 1, ...made };
  const hash = hashEntry(key, chain.last_hash, entry);
  await tx.run(
    insertEntry,
    entry.position,
    entry.eventId,
    entry.at,
    entry.action,
    entry.actor,
    entry.node,
    entry.target,
    entry.result,
    entry.through,
    entry.address,
    entry.userAgent,
    entry.requestId,
    toJson(entry.before),
    toJson(entry.after),
    hash,
  );
  await tx.run(moveChain, entry.position, hash);
}

export function auditReader(db: Reader) {
  return {
    page: (filter: AuditFilter): Promise<AuditRow[]> =>
      db.all(
        page,
        filter.node ?? null,
        filter.actor ?? null,
        filter.action ? `${filter.action.replace(/[\\%_]/g, '\\$&')}%` : null,
        filter.since ?? null,
        filter.until ?? null,
        filter.after ?? null,
        filter.limit,
      ),
    forward: (after: number, limit: number): Promise<AuditRow[]> => db.all(forward, after, limit),
    async chain(): Promise<Chain> {
      return (await db.first(readChain)) ?? { last_position: 0, last_hash: '', anchor_position: 0, anchor_hash: '' };
    },
  };
}

/** Removes entries that are older; returns how many. */
export async function pruneAudit(db: Database, before: Date): Promise<number> {
  return db.write(async (tx) => (await tx.first(prune, before))?.removed ?? 0);
}

export function toEntry(row: AuditRow): AuditEntry {
  return {
    position: row.position,
    eventId: row.event_id,
    at: row.at.toISOString(),
    action: row.action,
    actor: row.actor,
    node: row.node,
    target: row.target,
    result: row.result,
    through: row.through,
    address: row.address,
    userAgent: row.user_agent,
    requestId: row.request_id,
    before: row.before,
    after: row.after,
  };
}

function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
