import { resolve } from 'node:path';
import { BackupProblem } from '@steading/backup';
import { Failure } from '#src/failure.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { withBackups } from '#src/local/house-backups.ts';
import { makeRecoveryKey, readGivenKey } from '#src/local/recovery-key.ts';
import type { Output } from '#src/output.ts';

export interface BackupCommandOptions {
  readonly data?: string;
  readonly to?: string;
  readonly out?: string;
  readonly replace?: boolean;
  readonly recoveryKeyFile?: string;
}

/** `steading backup [now | key | list | verify]`. */
export async function backup(
  action: string,
  name: string | undefined,
  options: BackupCommandOptions,
  out: Output,
): Promise<void> {
  await inWords(async () => {
    if (action === 'now') return takeNow(options, out);
    if (action === 'key') return makeRecoveryKey(options, out);
    if (action === 'list') return list(options, out);
    if (action === 'verify') return verify(name, options, out);
    throw new Failure(`There is no "backup ${action}". What there is: now, key, list, verify`, 'usage');
  });
}

async function takeNow(options: BackupCommandOptions, out: Output): Promise<void> {
  await withBackups(place(options), async (backups) => {
    out.progress('backing up');
    const made = await backups.take(untilInterrupted());
    out.settle();
    out.line(`Backed up: ${made.name} in ${made.place}`);
    out.line(
      `${megabytes(made.bytes)} MB: ${made.rows} rows and ${made.files} files as they were at ${made.takenAt}. Prove it with: steading backup verify`,
    );
    for (const schema of made.strangers)
      out.line(`Not in it: the schema "${schema}" of the database, which is of no service of this version.`);
    out.data(made);
  });
}

async function list(options: BackupCommandOptions, out: Output): Promise<void> {
  await withBackups(place(options), async (backups) => {
    const kept = await backups.target().list(untilInterrupted());
    const { backup: last, proof } = await backups.lastGood();
    if (kept.length === 0) out.line(`There is no back-up in ${backups.target().text}. Make one: steading backup`);
    out.table(
      ['back-up', 'MB', ''],
      kept.map((each) => [each.name, megabytes(each.bytes), each.name === proof?.name ? 'proven' : '']),
    );
    out.line(proof ? `Last proven restore: ${proof.finishedAt?.toISOString()}` : 'No restore was proven yet.');
    out.data({ kept, lastBackup: last ?? null, lastProof: proof ?? null });
  });
}

async function verify(name: string | undefined, options: BackupCommandOptions, out: Output): Promise<void> {
  const key = await readGivenKey(options.recoveryKeyFile);
  const { STEADING_SCRATCH_DATABASE_URL: scratchUrl } = process.env;
  await withBackups(place(options), async (backups) => {
    out.progress('restoring into a scratch database');
    const proof = await backups.proveOne({
      ...(name && { name }),
      ...(key && { identities: [key] }),
      ...(scratchUrl && { scratchUrl }),
      signal: untilInterrupted(),
    });
    out.settle();
    out.line(`Proven: ${proof.name} of ${proof.takenAt} can be restored.`);
    out.line(
      `${proof.rows} rows of ${proof.tables} tables came back as they were, and ${proof.files} files are whole.`,
    );
    out.data(proof);
  });
}

function place(options: BackupCommandOptions): { dataDir: string; to?: string } {
  const { to } = options;
  const dataDir = dataFolder(options.data);
  return { dataDir, ...(to && { to: to.startsWith('s3://') ? to : resolve(to) }) };
}

/** The sentence of a back-up's problem is for the operator. */
export async function inWords<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupProblem) throw new Failure(error.message);
    throw error;
  }
}

/** What is under way is ended in order, so that no half is left. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Failure('Interrupted: nothing of it is kept.')));
  return interrupted.signal;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
