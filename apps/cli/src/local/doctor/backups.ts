import { findParts } from '@steading/house/running';
import { type Finding, good, warning } from '#src/local/doctor/finding.ts';

/** Only while the house runs: looking costs more than it is worth where its database must be started for it. */
export async function checkBackups(dataDir: string): Promise<Finding[]> {
  const what = 'back-ups';
  if (findParts(dataDir).length === 0) return [];
  const { readBackups } = await import('#src/local/backup-state.ts');
  const { concern, text } = await readBackups(dataDir);
  return [concern ? warning(what, concern) : good(what, text)];
}
