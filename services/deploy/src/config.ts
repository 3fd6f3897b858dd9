import { z } from 'zod';

const flag = (text: string) =>
  z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe(text);

const count = (options: { min: number; max: number; byDefault: number; text: string }) =>
  z.coerce.number().int().min(options.min).max(options.max).default(options.byDefault).describe(options.text);

/** Settings of this service; all have defaults that suit one small machine. */
export const deployConfig = {
  STEADING_ALLOW_INTERNAL_SOURCES: flag('whether repositories may lie on internal addresses (true or false)'),
  STEADING_ALLOW_INSECURE_SOURCES: flag('whether repositories may be read over plain http (true or false)'),
  STEADING_GIT_CA_FILE: z
    .string()
    .default('')
    .describe(
      'a PEM file of all the certificate authorities that Git trusts; empty: the machine’s and STEADING_EXTRA_CA_CERTS',
    ),
  STEADING_GIT_PATH: z.string().default('/usr/local/bin:/usr/bin:/bin').describe('where git and ssh are found'),
  STEADING_DEPLOY_CONCURRENCY: count({ min: 1, max: 50, byDefault: 3, text: 'deployments at once, 1 to 50' }),
  STEADING_DEPLOY_STARTS_PER_MINUTE: count({
    min: 1,
    max: 600,
    byDefault: 10,
    text: 'deployments started in a minute',
  }),
  STEADING_BUILD_TIMEOUT_SECONDS: count({ min: 10, max: 7200, byDefault: 1800, text: 'the longest build' }),
  STEADING_DEPLOY_WAIT_SECONDS: count({
    min: 1,
    max: 3600,
    byDefault: 120,
    text: 'how long a deployment waits for a service of the house that does not answer, before it fails',
  }),
  STEADING_SOURCE_TIMEOUT_SECONDS: count({
    min: 5,
    max: 3600,
    byDefault: 300,
    text: 'the longest fetch of a repository',
  }),
  STEADING_SOURCE_MAX_MB: count({
    min: 1,
    max: 20_000,
    byDefault: 1024,
    text: 'the largest repository, with its history as fetched',
  }),
  STEADING_ARCHIVE_MAX_MB: count({ min: 1, max: 4096, byDefault: 256, text: 'the largest uploaded archive' }),
  STEADING_EDGE_PROBE_URL: z
    .string()
    .regex(/^(https?:\/\/[^\s,]+(,https?:\/\/[^\s,]+)*)?$/, 'must look like http://10.0.0.2:4600,http://10.0.0.3:4600')
    .default('')
    .describe('where deployments are probed, by comma; empty: every gateway that is up, where it says that it is'),
};

export type DeployConfig = { readonly [Key in keyof typeof deployConfig]: z.output<(typeof deployConfig)[Key]> };
