import type { Access } from '@steading/access';
import { type GraphContext, open, privilege, reference, type SubgraphBuilder } from '@steading/graph';
import type { Caller } from '@steading/kit';
import DataLoader from 'dataloader';
import { z } from 'zod';
import { changeName, mustFind, reactivate, suspend } from '#src/account.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { checkInput, nameInput } from '#src/input.ts';
import { platformNode } from '#src/kinds.ts';
import type { KnownPerson } from '#src/known-people.ts';
import { principalOf } from '#src/people.ts';
import { peopleReader } from '#src/people-db.ts';

const page = 50;

/** `Person`, the viewer, and what is done to an account. Gives the type, for the other nouns. */
export function addPerson(builder: SubgraphBuilder, deps: IdentityDeps) {
  const load = (context: GraphContext, id: string) => deps.people.get(id) ?? personLoader(deps, context).load(id);
  const Person = builder.objectRef<KnownPerson>('Person').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      state: t.string({
        nullable: true,
        description: 'active or suspended; for operators only.',
        resolve: (person, _, { caller }) =>
          deps.access.can(caller, 'platform.read-people', platformNode) ? person.state : null,
      }),
      email: t.string({
        nullable: true,
        resolve: (person, _, { caller }) => (maySeeEmail(deps.access, caller, person.id) ? person.email : null),
      }),
    }),
  });
  builder.asEntity(Person, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      open('whoever can read the thing that names a person may know the name; the address has its own check'),
      (key: { id: string }, context) => load(context, key.id),
    ),
  });
  builder.queryField('people', (t) =>
    t.field({
      type: [Person],
      args: { search: t.arg.string(), first: t.arg.int(), after: t.arg.string() },
      access: privilege<unknown, unknown>('platform.read-people', platformNode),
      resolve: (_, args) =>
        peopleReader(deps.db).search(
          checkInput(z.string().max(100), args.search ?? ''),
          args.after ?? '',
          Math.min(page, Math.max(1, args.first ?? page)),
        ),
    }),
  );
  addAccountMutations(builder, deps, Person);
  return { Person, load };
}

type PersonRef = ReturnType<typeof addPerson>['Person'];

function addAccountMutations(builder: SubgraphBuilder, deps: IdentityDeps, Person: PersonRef): void {
  builder.mutationFields((t) => ({
    changeName: t.field({
      type: Person,
      args: { name: t.arg.string({ required: true }) },
      access: { kind: 'signed-in' },
      resolve: (_, args, { caller }) => changeName(deps, caller, checkInput(nameInput, args.name)),
    }),
    suspendPerson: t.field({
      type: Person,
      args: { id: t.arg.id({ required: true }) },
      access: privilege<unknown, unknown>('platform.admin', platformNode),
      resolve: (_, args, { caller }) => suspend(deps, caller, args.id),
    }),
    reactivatePerson: t.field({
      type: Person,
      args: { id: t.arg.id({ required: true }) },
      access: privilege<unknown, unknown>('platform.admin', platformNode),
      resolve: (_, args, { caller }) => reactivate(deps, caller, args.id),
    }),
  }));
}

function personLoader(deps: IdentityDeps, context: GraphContext): DataLoader<string, KnownPerson> {
  return context.loaders.get('identity.people', () => {
    const make = async (ids: readonly string[]) => {
      const found = await deps.people.read(ids);
      return Promise.all(ids.map((id) => found.get(id) ?? mustFind(deps, id)));
    };
    return new DataLoader<string, KnownPerson>(make, { maxBatchSize: 500 });
  });
}

/** One's own; everybody's for who may read people; and for who manages a space that the person takes part in. */
export function maySeeEmail(access: Access, caller: Caller, personId: string): boolean {
  const person: Caller = { kind: 'user', principal: principalOf(personId), requestId: caller.requestId };
  if (caller.principal === person.principal || access.can(caller, 'platform.read-people', platformNode)) return true;
  if (caller.kind === 'anonymous') return false;
  const managed = access.visible(caller, 'space.manage-members', 'space', { limit: 200 });
  return managed.ids.some((space) => access.can(person, 'space.take-part', space));
}
