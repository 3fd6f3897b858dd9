import { create } from '@bufbuild/protobuf';
import { GetPeopleRequestSchema, IdentityService } from '@steading/contracts/rpc/identity';
import { type Role, roles } from '@steading/forest';
import { type GraphContext, privilege, type SubgraphBuilder } from '@steading/graph';
import { as } from '@steading/rpc';
import DataLoader from 'dataloader';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';

export interface AccessNodeView {
  readonly id: string;
}

/** What is shown instead of a role for somebody who broke the glass: nothing that could be revoked as a role. */
const brokenGlass = 'break-glass';

type HolderView = ReturnType<ForestDeps['access']['whoCan']>[number] & { readonly node: string };
type StepView = ReturnType<ForestDeps['access']['explain']>['steps'][number];

/** `<kind>.<what>` of the node asked about; `platform.…` for one that is not known, which then denies. */
export function ofKind(deps: ForestDeps, node: string, what: string): string {
  return `${deps.access.node(node)?.kind ?? 'platform'}.${what}`;
}

/** Who has access to a node, why somebody can or cannot, and who can. */
export function addAccessNode(builder: SubgraphBuilder, deps: ForestDeps) {
  const { access } = deps;
  const Person = builder
    .externalRef('Person', builder.selection<{ id: string }>('id'))
    .implement({ externalFields: (t) => ({ id: t.id() }) });
  const Step = builder.objectRef<StepView>('AccessStep').implement({
    shareable: true,
    fields: (t) => ({
      what: t.exposeString('what'),
      text: t.exposeString('text'),
      nodeId: t.id({ nullable: true, resolve: (step) => step.node ?? null }),
      nodeName: t.string({ nullable: true, resolve: (step) => step.nodeName ?? null }),
    }),
  });
  const Explanation = builder.objectRef<ReturnType<typeof access.explain>>('AccessExplanation').implement({
    shareable: true,
    fields: (t) => ({
      allowed: t.exposeBoolean('allowed'),
      text: t.exposeString('text'),
      steps: t.field({ type: [Step], resolve: (reason) => [...reason.steps] }),
    }),
  });
  const personOf = (principal: string) => (principal.startsWith('user:') ? { id: principal.slice(5) } : null);
  const Holder = builder.objectRef<HolderView>('AccessHolder').implement({
    fields: (t) => ({
      principal: t.exposeString('principal'),
      person: t.field({ type: Person, nullable: true, resolve: (holder) => personOf(holder.principal) }),
      label: t.string({ resolve: (holder, _, context) => labelOf(deps, context, holder.principal) }),
      role: t.exposeString('role'),
      fromId: t.exposeID('from'),
      fromName: t.exposeString('fromName'),
      groupName: t.string({ nullable: true, resolve: (holder) => holder.groupName ?? null }),
      until: t.field({ type: 'DateTime', nullable: true, resolve: (holder) => holder.until ?? null }),
      direct: t.boolean({
        resolve: (holder) => holder.from === holder.node && holder.group === undefined && holder.role !== brokenGlass,
      }),
    }),
  });
  const Block = builder.objectRef<ReturnType<typeof access.blocksOn>[number]>('AccessBlock').implement({
    fields: (t) => ({
      principal: t.exposeString('principal'),
      person: t.field({ type: Person, nullable: true, resolve: (block) => personOf(block.principal) }),
      privileges: t.stringList({ resolve: (block) => [...block.privileges] }),
      until: t.field({
        type: 'DateTime',
        nullable: true,
        resolve: (block) => (Number.isFinite(block.until) ? block.until : null),
      }),
      reason: t.exposeString('reason'),
    }),
  });
  const Privilege = builder.objectRef<ReturnType<typeof access.privilegesOf>[number]>('PrivilegeInfo').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      text: t.exposeString('text'),
      roles: t.stringList({ resolve: (info) => [...info.roles] }),
    }),
  });
  const Node = builder.objectRef<AccessNodeView>('AccessNode');
  Node.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      kind: t.string({ resolve: ({ id }) => access.node(id)?.kind ?? '' }),
      name: t.string({ resolve: ({ id }) => access.node(id)?.name ?? '' }),
      inherit: t.string({ resolve: ({ id }) => (access.node(id)?.sealed ? 'sealed' : 'open') }),
      holders: t.field({
        type: [Holder],
        resolve: ({ id }) =>
          access.whoCan(ofKind(deps, id, 'read-about'), id).map((holder) => ({ ...holder, node: id })),
      }),
      blocks: t.field({ type: [Block], resolve: ({ id }) => [...access.blocksOn(id)] }),
      privileges: t.field({
        type: [Privilege],
        resolve: ({ id }) => [...access.privilegesOf(access.node(id)?.kind ?? '')],
      }),
      roles: t.stringList({ resolve: ({ id }) => rolesOf(deps, id) }),
      mayGrant: t.boolean({ resolve: ({ id }, _, { caller }) => access.can(caller, ofKind(deps, id, 'grant'), id) }),
      parent: t.field({
        type: Node,
        nullable: true,
        resolve({ id }, _, { caller }) {
          const parent = access.node(id)?.parent;
          return parent && access.can(caller, ofKind(deps, parent, 'read-access'), parent) ? { id: parent } : null;
        },
      }),
    }),
  });

  builder.queryFields((t) => ({
    accessNode: t.field({
      type: Node,
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege(ofKind(deps, args.id, 'read-access'), args.id),
      resolve: (_, { id }) => ({ id }),
    }),
    explainAccess: t.field({
      type: Explanation,
      args: { nodeId: t.arg.id({ required: true }), privilege: t.arg.string({ required: true }), personId: t.arg.id() },
      access: (args) => privilege(ofKind(deps, args.nodeId, args.personId ? 'grant' : 'read-about'), args.nodeId),
      resolve(_, { nodeId, privilege: asked, personId }, { caller }) {
        checkPrivilege(deps, nodeId, asked);
        return access.explain(
          personId ? { kind: 'user', principal: `user:${personId}`, requestId: caller.requestId } : caller,
          asked,
          nodeId,
        );
      },
    }),
    whoCan: t.field({
      type: [Holder],
      args: { nodeId: t.arg.id({ required: true }), privilege: t.arg.string({ required: true }) },
      access: (args) => privilege(ofKind(deps, args.nodeId, 'read-access'), args.nodeId),
      resolve(_, { nodeId, privilege: asked }) {
        checkPrivilege(deps, nodeId, asked);
        return access.whoCan(asked, nodeId).map((holder) => ({ ...holder, node: nodeId }));
      },
    }),
  }));
  return Node;
}

/** The roles that mean something on this kind of node, the most powerful first. */
export function rolesOf(deps: ForestDeps, node: string): Role[] {
  const meant = new Set(deps.access.privilegesOf(deps.access.node(node)?.kind ?? '').flatMap((info) => info.roles));
  return roles.filter((role) => meant.has(role));
}

function checkPrivilege(deps: ForestDeps, node: string, asked: string): void {
  const known = deps.access.privilegesOf(deps.access.node(node)?.kind ?? '').map((info) => info.name);
  if (!known.includes(asked))
    throw fail('forest.unknown-privilege', { privilege: asked.slice(0, 60), privileges: known.join(', ') });
}

async function labelOf(deps: ForestDeps, context: GraphContext, principal: string): Promise<string> {
  if (principal === 'signed-in') return 'Everybody who is signed in';
  if (principal === 'anyone') return 'Anybody';
  if (!principal.startsWith('user:')) return principal.slice(principal.indexOf(':') + 1);
  const people = context.loaders.get(
    'forest.people',
    () => new DataLoader<string, string>((ids) => loadNames(deps, context, ids), { maxBatchSize: 200 }),
  );
  return people.load(principal.slice(5));
}

async function loadNames(deps: ForestDeps, context: GraphContext, ids: readonly string[]): Promise<string[]> {
  const { people } = await deps.rpc
    .client(IdentityService)
    .getPeople(create(GetPeopleRequestSchema, { ids: [...ids] }), as(context.caller));
  const names = new Map(people.map((person) => [person.id, person.name]));
  return ids.map((id) => names.get(id) ?? 'Somebody who left');
}
