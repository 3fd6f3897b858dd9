import { join } from 'node:path';
import { type ListenerLag, readLags } from '@steading/bus';
import { createDatabase, createPool, findEmbeddedPostgres } from '@steading/db';
import { findParts } from '@steading/house/running';
import { createLog } from '@steading/kit';
import { type Finding, good, warning } from '#src/local/doctor/finding.ts';

const what = 'events';
const lateSeconds = 300;
const goneSeconds = 86_400;

/** Only while the house runs: a listener of one that does not is behind, as it must be. */
export async function checkEvents(dataDir: string): Promise<Finding[]> {
  if (findParts(dataDir).length === 0) return [];
  try {
    const url = process.env.DATABASE_URL ?? (await findEmbeddedPostgres(join(dataDir, 'postgres')));
    if (!url) return [warning(what, 'cannot be looked at: the database of the house is not reached')];
    const log = createLog({ level: 'silent' });
    const pool = createPool({ url, max: 1, log });
    try {
      return judgeEvents(await readLags(createDatabase(pool, { log })));
    } finally {
      await pool.end();
    }
  } catch (error) {
    return [warning(what, `cannot be looked at (${(error as Error).message})`)];
  }
}

/** What was given up, who is late, and who is gone. */
export function judgeEvents(lags: readonly ListenerLag[]): Finding[] {
  const findings: Finding[] = [];
  for (const { consumer, behind, oldestSeconds, deadLetters, lastHadSeconds } of lags) {
    if (deadLetters > 0)
      findings.push(
        warning(what, `${consumer} gave ${deadLetters} up. See why, and replay them: steading events dead`),
      );
    if (lastHadSeconds > goneSeconds)
      findings.push(
        warning(
          what,
          `no process has ${consumer} since ${Math.floor(lastHadSeconds / 86_400)} days; after 30 it is forgotten, until then events are kept for it. Start the service that has it, if it is still wanted`,
        ),
      );
    else if (behind > 0 && oldestSeconds > lateSeconds)
      findings.push(
        warning(
          what,
          `${consumer} is ${behind} behind, the oldest told ${Math.round(oldestSeconds / 60)} minutes ago. See the log for why it fails, and whether a transaction of the database has been open for that long`,
        ),
      );
  }
  if (findings.length > 0) return findings;
  return [good(what, `every listener keeps up (${lags.length}), none was given up`)];
}
