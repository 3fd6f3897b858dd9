/** The kernel's, and PostgreSQL's own (disk_full), which no error of the kernel stands behind. */
const codes = new Set<unknown>(['ENOSPC', 'EDQUOT', '53100']);

export const diskFullText = 'The disk of this machine is full. Make room, then deploy again.';

/** Whether an error, or what caused it, is that nothing more can be written. */
export function isDiskFull(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++)
    if (codes.has((each as NodeJS.ErrnoException).code)) return true;
  return false;
}
