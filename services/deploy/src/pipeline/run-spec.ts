/** What compute is told to run: made from a deployment's snapshot alone, so that a rollback is the same again. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SpecSchema } from '@steading/contracts/rpc/compute';
import type { Snapshot } from '#src/settings.ts';

const megabyte = 1024 * 1024;

export const healthTimes = { intervalMs: 1000, timeoutMs: 5000, startPeriodMs: 60_000, stopGraceMs: 10_000 };

export interface RunOrder {
  readonly releaseId: string;
  readonly snapshot: Snapshot;
  readonly appId: string;
  /** The house's own address. */
  readonly publicUrl: string;
  /** Default: as the settings say. */
  readonly replicas?: number | undefined;
}

export function runSpec(order: RunOrder): MessageInitShape<typeof SpecSchema> {
  const { releaseId, snapshot, appId, publicUrl, replicas = snapshot.runtime.replicas } = order;
  const { runtime, command } = snapshot;
  return {
    releaseId,
    command,
    ...(command.length === 0 ? { staticSite: { singlePage: snapshot.singlePage } } : {}),
    // By the last two an app knows for whom an assertion of the house was made, and where the keys are to check it.
    environment: {
      NODE_ENV: 'production',
      ...snapshot.environment,
      STEADING_URL: publicUrl,
      STEADING_APP_ID: appId,
    },
    masked: snapshot.masked,
    replicas,
    health: {
      httpPath: runtime.healthPath,
      command: [],
      intervalMs: BigInt(healthTimes.intervalMs),
      timeoutMs: BigInt(healthTimes.timeoutMs),
      startPeriodMs: BigInt(healthTimes.startPeriodMs),
    },
    limits: { cpuMillis: runtime.cpuMillis, memoryBytes: BigInt(runtime.memoryMb * megabyte) },
    drainMs: BigInt(runtime.drainSeconds * 1000),
    stopGraceMs: BigInt(healthTimes.stopGraceMs),
  };
}
