import type { TargetSettings } from '@steading/backup';
import type { ConfigValues } from '@steading/kit';
import { z } from 'zod';

const address = z.string().regex(/^[^:\s]+:\d{1,5}$/, 'must look like 127.0.0.1:4700');

/** Checked where it is used: by the job runner. Here only that there are five fields. */
const cron = (usual: string) =>
  z
    .string()
    .regex(/^\S+( \S+){4}$/, 'must have five fields, like "23 2 * * *"')
    .default(usual);

/** What the starter itself reads; every service adds its own. */
export const houseConfig = {
  STEADING_DATA: z.string().min(1).describe('the folder that holds everything'),
  STEADING_HTTP_PORT: z.coerce.number().int().min(1).max(65_535).default(4600).describe('port for people and apps'),
  STEADING_PUBLIC_URL: z.url().optional().describe('where people reach the house; default http://localhost:<port>'),
  STEADING_APPS_DOMAIN: z.string().optional().describe('apps get <app>-<project>.<this>; default localhost'),
  DATABASE_URL: z.string().startsWith('postgres').optional().describe('your own PostgreSQL; default: an embedded one'),
  STEADING_NATS_URL: z
    .string()
    .startsWith('nats')
    .optional()
    .describe('NATS JetStream for events between processes; default: PostgreSQL'),
  STEADING_SERVICES: z.string().optional().describe('services of this process, by comma; default: all'),
  STEADING_PEERS: z.string().optional().describe('other processes: identity=http://10.0.0.2:4700,forest=…'),
  STEADING_DOOR: address.optional().describe('address on which other processes of the house reach this one'),
  STEADING_KEYS: z.string().optional().describe('folder of the key files; default <data>/keys'),
  STEADING_MASTER_KEY_FILE: z
    .string()
    .startsWith('/')
    .optional()
    .describe(
      'the master key (32 bytes) where several machines are given the same; what signs between them then follows from it, and they share no folder',
    ),
  STEADING_EXTRA_CA_CERTS: z
    .string()
    .startsWith('/')
    .optional()
    .describe(
      'a PEM file of certificate authorities that the house, its Git and its builds trust besides those of the machine',
    ),
  STEADING_MAX_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(4)
    .max(200)
    .default(12)
    .describe('database connections of this process'),
  STEADING_BACKUP_TO: z
    .string()
    .min(1)
    .optional()
    .describe(
      'where back-ups go: an absolute path (best on another disk) or s3://bucket/prefix; default: none are made',
    ),
  STEADING_BACKUP_CRON: cron('23 2 * * *').describe('when a back-up is made, in UTC'),
  STEADING_BACKUP_PROOF_CRON: cron('41 4 * * 0').describe('when the newest back-up is restored to prove it, in UTC'),
  STEADING_BACKUP_KEEP: z.coerce.number().int().min(1).max(10_000).default(7).describe('how many back-ups are kept'),
  STEADING_BACKUP_S3_ENDPOINT: z.url().optional().describe('the S3 server of STEADING_BACKUP_TO'),
  STEADING_BACKUP_S3_REGION: z.string().min(1).optional().describe('its region; default us-east-1'),
  STEADING_BACKUP_S3_ACCESS_KEY_ID: z.string().min(1).optional().describe('the access key for it'),
  STEADING_BACKUP_S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('the secret key for it'),
  STEADING_UPGRADE_BACKUP: z
    .enum(['0', '1'])
    .default('1')
    .describe('0: the database is not saved to <data>/backup/upgrades before a newer version changes it'),
  STEADING_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('how much is logged'),
} as const;

/** Where back-ups go and when. */
export interface BackupSettings {
  readonly to: string | undefined;
  readonly cron: string;
  readonly proofCron: string;
  readonly keep: number;
  readonly s3: NonNullable<TargetSettings['s3']>;
}

export function backupSettings(config: ConfigValues<typeof houseConfig>): BackupSettings {
  return {
    to: config.STEADING_BACKUP_TO,
    cron: config.STEADING_BACKUP_CRON,
    proofCron: config.STEADING_BACKUP_PROOF_CRON,
    keep: config.STEADING_BACKUP_KEEP,
    s3: {
      endpoint: config.STEADING_BACKUP_S3_ENDPOINT,
      region: config.STEADING_BACKUP_S3_REGION,
      accessKeyId: config.STEADING_BACKUP_S3_ACCESS_KEY_ID,
      secretAccessKey: config.STEADING_BACKUP_S3_SECRET_ACCESS_KEY,
    },
  };
}

/** `a=http://x,b=http://y` as a record. */
export function parsePeers(text: string | undefined): Record<string, string> {
  const peers: Record<string, string> = {};
  for (const pair of (text ?? '').split(',').filter(Boolean)) {
    const at = pair.indexOf('=');
    const url = pair.slice(at + 1);
    if (at < 1 || !URL.canParse(url))
      throw new Error(`Wrong settings:\n  STEADING_PEERS: ${pair} must look like identity=http://10.0.0.2:4700`);
    peers[pair.slice(0, at).trim()] = url;
  }
  return peers;
}
