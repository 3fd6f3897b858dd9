import { type SubgraphBuilder, signedIn } from '@steading/graph';
import { unnarrowed } from '#src/account.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { approveDevice, findDevice } from '#src/device-logins.ts';
import type { DeviceRow } from '#src/devices-db.ts';
import { checkInput } from '#src/input.ts';
import { createToken, revokeToken } from '#src/personal-tokens.ts';
import { newTokenInput } from '#src/token-input.ts';
import { type TokenRow, tokensReader } from '#src/tokens-db.ts';

/** Personal tokens, and the approval of a command's login. */
export function addTokens(builder: SubgraphBuilder, deps: IdentityDeps): void {
  const Token = builder.objectRef<TokenRow>('Token').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      prefix: t.exposeString('prefix'),
      scopes: t.stringList({ resolve: (token) => [...token.scopes] }),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      expiresAt: t.expose('expires_at', { type: 'DateTime', nullable: true }),
      lastUsedAt: t.expose('last_used_at', { type: 'DateTime', nullable: true }),
    }),
  });
  const NewToken = builder.objectRef<{ token: TokenRow; value: string }>('NewToken').implement({
    fields: (t) => ({ token: t.expose('token', { type: Token }), value: t.exposeString('value') }),
  });
  builder.queryField('myTokens', (t) =>
    t.field({
      type: [Token],
      access: signedIn(),
      resolve: (_, __, { caller }) => tokensReader(deps.db).ofPerson(unnarrowed(caller), new Date(deps.clock.now())),
    }),
  );
  builder.mutationFields((t) => ({
    createToken: t.field({
      type: NewToken,
      args: {
        name: t.arg.string({ required: true }),
        scopes: t.arg.stringList({ required: true }),
        days: t.arg.int(),
      },
      access: signedIn(),
      resolve: (_, args, { caller }) => createToken(deps, caller, checkInput(newTokenInput, args)),
    }),
    revokeToken: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: signedIn(),
      async resolve(_, args, { caller }) {
        await revokeToken(deps, caller, args.id);
        return true;
      },
    }),
  }));
  addDevices(builder, deps);
}

function addDevices(builder: SubgraphBuilder, deps: IdentityDeps): void {
  const Device = builder.objectRef<DeviceRow>('DeviceLogin').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
    }),
  });
  builder.queryField('device', (t) =>
    t.field({
      type: Device,
      args: { userCode: t.arg.string({ required: true }) },
      access: signedIn(),
      resolve: (_, args, { caller }) => findDevice(deps, caller, args.userCode),
    }),
  );
  builder.mutationField('approveDevice', (t) =>
    t.boolean({
      args: { userCode: t.arg.string({ required: true }) },
      access: signedIn(),
      async resolve(_, args, { caller }) {
        await approveDevice(deps, caller, args.userCode);
        return true;
      },
    }),
  );
}
