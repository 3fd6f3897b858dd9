import type { Reader } from '@steading/db';
import { auditReader, toEntry } from '#src/audit-db.ts';
import { hashEntry } from '#src/audit-entry.ts';

export interface AuditVerification {
  readonly ok: boolean;
  readonly entries: number;
  /** Position of the first entry that does not follow from the one before; absent when all do. */
  readonly firstBroken?: string;
}

const pageSize = 500;

/** Recomputes every hash from the anchor on. An entry that was changed, taken out or put in breaks the chain there. */
export async function verifyAudit(db: Reader, key: Buffer): Promise<AuditVerification> {
  const reader = auditReader(db);
  const start = await reader.chain();
  let position = start.anchor_position;
  let hash = start.anchor_hash;
  let entries = 0;
  for (;;) {
    const rows = await reader.forward(position, pageSize);
    for (const row of rows) {
      if (row.position !== position + 1 || hashEntry(key, hash, toEntry(row)) !== row.hash)
        return { ok: false, entries, firstBroken: String(row.position) };
      position = row.position;
      hash = row.hash;
      entries++;
    }
    if (rows.length < pageSize) break;
  }
  const end = await reader.chain();
  // Entries that were added meanwhile lie behind what was read; one that is missing at the end does not.
  if (end.last_position < position || (end.last_position === position && end.last_hash !== hash))
    return { ok: false, entries, firstBroken: String(position) };
  if (start.last_position > position) return { ok: false, entries, firstBroken: String(position + 1) };
  return { ok: true, entries };
}
