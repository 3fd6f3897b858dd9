import { defineService } from '@steading/service';
import { config } from '#src/config.ts';
import { fail } from '#src/errors.ts';

const load = () => import('#src/create.ts');

export const observeService = defineService({
  name: 'observe',
  purpose: 'Keeps the audit trail and shows operators how the house is.',
  config,
  errors: fail.catalogue,
  migrations: new URL('./migrations/', import.meta.url),
  graph: true,
  load,
  create: async (context) => (await load()).create(context),
});
