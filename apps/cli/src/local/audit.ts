import { createApi } from '#src/api.ts';
import { exitCodes, Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';

/** `steading audit verify`: whether the audit trail is whole. Exit code 1 when it is not. */
export async function verifyAudit(action: string, out: Output): Promise<void> {
  if (action !== 'verify') throw new Failure(`There is no "audit ${action}". What there is: audit verify`, 'usage');
  const { verifyAudit: verified } = await createApi().graph<{
    verifyAudit: { ok: boolean; entries: number; firstBroken: string | null };
  }>('{ verifyAudit { ok entries firstBroken } }');
  out.data(verified);
  if (verified.ok)
    return out.line(`The audit trail is whole: ${verified.entries} entries, every hash as it should be.`);
  out.line(
    `The audit trail was tampered with or damaged: the first entry that does not fit is ${verified.firstBroken}. Compare it with your last backup.`,
  );
  process.exitCode = exitCodes.failed;
}
