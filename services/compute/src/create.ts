import { join } from 'node:path';
import { ComputeService } from '@steading/contracts/rpc/compute';
import { kitErrors } from '@steading/kit';
import { implement } from '@steading/rpc';
import type { ServiceContext, ServiceParts } from '@steading/service';
import type { config } from '#src/config.ts';
import { createDesiredState } from '#src/desired-state.ts';
import { buildMethods } from '#src/rpc/build-methods.ts';
import { logMethods } from '#src/rpc/log-methods.ts';
import { rolloutMethods } from '#src/rpc/rollout-methods.ts';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { Runtime } from '#src/runtime/runtime.ts';

export function create(context: ServiceContext<typeof config>): ServiceParts {
  const { log, clock, house, db, bus } = context;
  let started: Runtime | undefined;
  let isConverged = false;
  const runtime = () => {
    // Other processes may be up first; whoever asks tries again. What is asked before everything runs that was wanted
    // would be overtaken by it.
    if (!started || !isConverged) throw kitErrors('unavailable', { what: 'What runs apps' });
    return started;
  };
  const desiredState = createDesiredState({ db, bus, key: house.key('compute-desired'), clock, log });
  const deps = { runtime, desiredState };
  return {
    rpc: [implement(ComputeService, { ...buildMethods(deps), ...rolloutMethods(deps), ...logMethods(deps) })],
    async start() {
      started = await createProcessRuntime({
        folder: join(house.dataDir, 'compute'),
        firstUid: context.config.STEADING_APP_UID_FIRST,
        host: context.config.STEADING_APP_HOST,
        ports: { first: context.config.STEADING_APP_PORT_FIRST, last: context.config.STEADING_APP_PORT_LAST },
        buildCaFile: context.config.STEADING_BUILD_CA_FILE,
        buildNpmRegistry: context.config.STEADING_BUILD_NPM_REGISTRY,
        buildCpuMillis: context.config.STEADING_BUILD_CPU_MILLIS,
        buildMemoryBytes: context.config.STEADING_BUILD_MEMORY_MB * 2 ** 20,
        ...{ clock, log, events: desiredState.events },
      });
      log.info({ isolation: started.description.isolation }, started.description.isolationText);
      await started.start();
      await desiredState.converge(started);
      isConverged = true;
    },
    async stop() {
      const keepApps = context.config.STEADING_KEEP_APPS === '1' || house.succession?.isUnderWay === true;
      await started?.stop({ keepApps });
      desiredState.close();
      await desiredState.quiet();
    },
    health: () => (isConverged ? { ready: true } : { ready: false, reason: 'the runtime is starting' }),
  };
}
