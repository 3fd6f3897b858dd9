/** What compute is told to run: made from a deployment's snapshot alone, so that a rollback is the same again. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SpecSchema } from '@steading/contracts/rpc/compute';
import type { Snapshot } from '#src/settings.ts';

const megabyte = 1024 * 1024;

export const healthTimes = { intervalMs: 1000, timeoutMs: 5000, startPeriodMs: 60_000, stopGraceMs: 10_000 };

export function runSpec(
  releaseId: string,
  snapshot: Snapshot,
  replicas = snapshot.runtime.replicas,
): MessageInitShape<typeof SpecSchema> {
  const { runtime, command } = snapshot;
  return {
    releaseId,
    command,
    ...(command.length === 0 ? { staticSite: { singlePage: snapshot.singlePage } } : {}),
    environment: { NODE_ENV: 'production', ...snapshot.environment },
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
