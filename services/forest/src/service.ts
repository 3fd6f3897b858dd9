import { ForestService } from '@steading/contracts/rpc/forest';
import { defineService } from '@steading/service';
import { fail } from '#src/errors.ts';
import { platformKind } from '#src/kinds.ts';

const load = () => import('#src/create.ts');

export const forestService = defineService({
  name: 'forest',
  purpose: 'Keeps who may do what, anywhere in the house, and tells every process.',
  errors: fail.catalogue,
  kinds: [platformKind],
  migrations: new URL('./migrations/', import.meta.url),
  rpc: [ForestService],
  graph: true,
  load,
  create: async (context) => (await load()).create(context),
});
