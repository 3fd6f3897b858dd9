import { defineService } from '@steading/service';
import { gatewayConfig } from '#src/config.ts';
import { fail } from '#src/errors.ts';
import { graphFail } from '#src/graph/graph-errors.ts';

const load = () => import('#src/create.ts');

export const gatewayService = defineService({
  name: 'gateway',
  purpose: 'The one door: people, programs and the traffic of apps come in here.',
  config: gatewayConfig,
  graph: true,
  errors: { ...fail.catalogue, ...graphFail.catalogue },
  // The routes are read anew; those of then would lead to addresses of then.
  backup: { leaveOut: ['routes.json', '*.new'] },
  load,
  create: async (context) => (await load()).create(context),
});
