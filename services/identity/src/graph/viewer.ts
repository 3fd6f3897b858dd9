import { open, type SubgraphBuilder } from '@steading/graph';
import type { Caller } from '@steading/kit';
import type { IdentityDeps } from '#src/deps.ts';
import type { addPerson } from '#src/graph/person.ts';
import { platformNode } from '#src/kinds.ts';
import type { Providers } from '#src/oidc/providers.ts';
import { personOf } from '#src/people.ts';
import { isSetUp } from '#src/setup.ts';

/** Who is asking, and what everybody may know of the house. */
export function addViewer(
  builder: SubgraphBuilder,
  deps: IdentityDeps,
  parts: { people: ReturnType<typeof addPerson>; providers: Providers },
): void {
  const { people, providers } = parts;
  const may = (caller: Caller, privilege: string) => deps.access.can(caller, privilege, platformNode);
  const Viewer = builder.objectRef<{ personId: string; caller: Caller }>('Viewer').implement({
    fields: (t) => ({
      person: t.field({ type: people.Person, resolve: (viewer, _, context) => people.load(context, viewer.personId) }),
      isOperator: t.boolean({ resolve: ({ caller }) => may(caller, 'platform.admin') }),
      canCreateSpaces: t.boolean({ resolve: ({ caller }) => may(caller, 'platform.create-space') }),
      sessionId: t.id({ nullable: true, resolve: ({ caller }) => caller.session ?? null }),
    }),
  });
  builder.queryField('viewer', (t) =>
    t.field({
      type: Viewer,
      nullable: true,
      access: open('it says whether anybody is signed in'),
      resolve(_, __, { caller }) {
        const personId = personOf(caller);
        return personId === undefined ? null : { personId, caller };
      },
    }),
  );
  addHouseInfo(builder, deps, providers);
}

function addHouseInfo(builder: SubgraphBuilder, deps: IdentityDeps, providers: Providers): void {
  const Provider = builder.objectRef<{ id: string; name: string; issuer: string }>('IdentityProvider').implement({
    fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name'), issuer: t.exposeString('issuer') }),
  });
  const HouseInfo = builder.objectRef<{ needsSetup: boolean }>('HouseInfo').implement({
    fields: (t) => ({
      name: t.string({ resolve: () => new URL(deps.house.publicUrl).hostname }),
      version: t.string({ resolve: () => deps.house.version }),
      needsSetup: t.exposeBoolean('needsSetup'),
      registration: t.string({ resolve: () => deps.registration }),
      providers: t.field({ type: [Provider], resolve: () => [...providers.list] }),
      mailConfigured: t.boolean({ resolve: () => deps.mailer.configured }),
      appsDomain: t.string({ resolve: () => deps.house.appsDomain }),
    }),
  });
  builder.queryField('houseInfo', (t) =>
    t.field({
      type: HouseInfo,
      access: open('the sign-in page needs it'),
      resolve: async () => ({ needsSetup: !(await isSetUp(deps)) }),
    }),
  );
}
