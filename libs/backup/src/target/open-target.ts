import { isAbsolute } from 'node:path';
import { BackupProblem } from '#src/backup-problem.ts';
import { openFolderTarget } from '#src/target/folder-target.ts';
import { openS3Target } from '#src/target/s3-target.ts';
import type { BackupTarget } from '#src/target/target.ts';

export interface TargetSettings {
  /** An absolute path, or `s3://bucket/prefix`. */
  readonly to: string;
  readonly s3?: {
    readonly endpoint?: string | undefined;
    readonly region?: string | undefined;
    readonly accessKeyId?: string | undefined;
    readonly secretAccessKey?: string | undefined;
  };
}

/** @throws BackupProblem for what is neither, and for a bucket without its settings. */
export function openTarget({ to, s3 }: TargetSettings): BackupTarget {
  if (!to.startsWith('s3://')) {
    if (!isAbsolute(to))
      throw new BackupProblem(`${to} is no place for back-ups: give an absolute path, or s3://bucket/prefix.`);
    return openFolderTarget(to);
  }
  const [bucket = '', ...prefix] = to.slice('s3://'.length).replace(/\/+$/, '').split('/');
  const { endpoint, region = 'us-east-1', accessKeyId, secretAccessKey } = s3 ?? {};
  if (!bucket) throw new BackupProblem(`${to} names no bucket: write s3://bucket/prefix.`);
  if (!endpoint || !accessKeyId || !secretAccessKey)
    throw new BackupProblem(
      'A bucket needs STEADING_BACKUP_S3_ENDPOINT, STEADING_BACKUP_S3_ACCESS_KEY_ID and STEADING_BACKUP_S3_SECRET_ACCESS_KEY (and STEADING_BACKUP_S3_REGION where it is not us-east-1).',
    );
  return openS3Target({ endpoint, region, bucket, prefix: prefix.join('/'), accessKeyId, secretAccessKey });
}
