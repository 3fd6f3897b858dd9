import type { ApplyRequest } from '@steading/contracts/rpc/compute';
import { z } from 'zod';
import type { Desired } from '#src/runtime/runtime.ts';

/** Ids become names of folders: nothing but what `newId` makes comes in. */
export const idText = z.string().regex(/^[a-z]{2,6}_[0-9a-z]{1,40}$/, 'is not an id');

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'is not a name for a variable');
const value = z.string().max(65_536);
const argv = z.array(z.string().min(1).max(8_192)).max(64);
const count = (most: number) => z.coerce.number().int().min(0).max(most);

/** Names that POSIX shells keep for themselves: assigning them would end the start. */
const shellNames = new Set(['UID', 'EUID', 'GID', 'EGID', 'PPID', 'SHELLOPTS', 'BASHOPTS', 'BASH_VERSINFO', 'IFS']);

export const environmentShape = z
  .record(name, value)
  .refine((all) => Object.keys(all).length <= 500, 'has more than 500 variables')
  .transform((all) => Object.fromEntries(Object.entries(all).filter(([key]) => !shellNames.has(key))));

export const maskedShape = z.array(value).max(1_000);

export const limitsShape = z
  .object({
    cpuMillis: count(1_000_000),
    memoryBytes: count(2 ** 50),
    processes: count(100_000),
    diskBytes: count(2 ** 50),
  })
  .default({ cpuMillis: 0, memoryBytes: 0, processes: 0, diskBytes: 0 });

const healthShape = z
  .object({
    httpPath: z
      .string()
      .max(2_048)
      .regex(/^(\/[^\s]*)?$/, 'must begin with /'),
    command: argv,
    intervalMs: count(600_000).transform((ms) => ms || 1_000),
    timeoutMs: count(60_000).transform((ms) => ms || 5_000),
    startPeriodMs: count(3_600_000).transform((ms) => ms || 60_000),
  })
  .prefault({ httpPath: '', command: [], intervalMs: 0, timeoutMs: 0, startPeriodMs: 0 });

const shape = z.object({
  appId: idText,
  generation: idText,
  spec: z.object({
    releaseId: idText,
    command: argv,
    staticSite: z.object({ singlePage: z.boolean() }).optional(),
    environment: environmentShape,
    masked: maskedShape,
    /** 0: nothing runs, as for an app that is stopped. */
    replicas: count(50),
    health: healthShape,
    limits: limitsShape,
    drainMs: count(3_600_000),
    stopGraceMs: count(600_000).transform((ms) => ms || 10_000),
  }),
});

/** What is asked for, checked. @throws ZodError that names the field. */
export function desiredOf(request: ApplyRequest): Desired {
  const { appId, generation, spec } = shape.parse(request);
  const { staticSite, ...rest } = spec;
  return { appId, generation, ...rest, singlePage: staticSite?.singlePage ?? false };
}
