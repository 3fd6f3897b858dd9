import { readFileSync } from 'node:fs';

/** Settings that hold a secret. Each may stand in a file that `<name>_FILE` names, as container engines give secrets. */
export const secretSettings = [
  'DATABASE_URL',
  'STEADING_NATS_URL',
  'STEADING_SMTP_URL',
  'STEADING_OIDC',
  'STEADING_METRICS_TOKEN',
  'STEADING_BACKUP_S3_ACCESS_KEY_ID',
  'STEADING_BACKUP_S3_SECRET_ACCESS_KEY',
  'STEADING_RECOVERY_KEY',
] as const;

/** Puts what stands in files into the environment. What is given in both ways, or cannot be read, is refused. */
export function readSecretFiles(env: NodeJS.ProcessEnv): void {
  for (const name of secretSettings) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (env[name]) throw new Error(`Wrong settings:\n  ${name} and ${name}_FILE are both set: leave one of them out`);
    try {
      env[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(`Wrong settings:\n  ${name}_FILE: ${file} cannot be read (${code})`, { cause: error });
    }
  }
}
