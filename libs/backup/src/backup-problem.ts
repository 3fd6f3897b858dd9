/** What a back-up or restore cannot do, in a sentence that says what to do next. Shown to the operator as it is. */
export class BackupProblem extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BackupProblem';
  }
}

/** A disk that is full, whoever noticed it: Node by errno, PostgreSQL by SQLSTATE. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error as { code?: string; cause?: unknown } | undefined, depth = 0; at && depth < 5; depth++) {
    if (at.code === 'ENOSPC' || at.code === 'EDQUOT' || at.code === '53100') return true;
    at = at.cause as typeof at;
  }
  return false;
}
