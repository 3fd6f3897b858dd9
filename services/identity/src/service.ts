import { IdentityService } from '@steading/contracts/rpc/identity';
import { defineService } from '@steading/service';
import { config } from '#src/config.ts';
import { fail } from '#src/errors.ts';
import { endSignIns } from '#src/restored-db.ts';

const load = () => import('#src/create.ts');

export const identityService = defineService({
  name: 'identity',
  purpose: 'Knows who people are: accounts, sign-in, sessions, tokens and invitations.',
  config,
  errors: fail.catalogue,
  migrations: new URL('./migrations/', import.meta.url),
  backup: { restored: endSignIns },
  rpc: [IdentityService],
  http: ['/auth'],
  graph: true,
  load,
  create: async (context) => (await load()).create(context),
});
