import { ComputeService } from '@steading/contracts/rpc/compute';
import { defineService } from '@steading/service';
import { config } from '#src/config.ts';
import { fail } from '#src/errors.ts';

const load = () => import('#src/create.ts');

export const computeService = defineService({
  name: 'compute',
  purpose: 'Builds releases and runs apps: instances, rollouts, logs.',
  config,
  errors: fail.catalogue,
  migrations: new URL('./migrations/', import.meta.url),
  backup: {
    immutable: ['releases'],
    // The tag tells this house's processes from those of a copy of it on the same machine: a copy makes its own.
    leaveOut: ['builds', 'house-tag', 'apps/*/cache', 'apps/*/instances', '*.new'],
  },
  rpc: [ComputeService],
  load,
  create: async (context) => (await load()).create(context),
});
