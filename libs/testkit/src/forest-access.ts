import type { Access } from '@steading/access';
import { createForest, type Forest, type KindDefinition } from '@steading/forest';
import { type Caller, kitErrors } from '@steading/kit';

/** The forest's own engine in this process, without the service that keeps it: the same answers, no round trip. */
export function createForestAccess(kinds: readonly KindDefinition[], now: () => number) {
  const forest: Forest = createForest({ kinds });
  let revision = 0;
  const question = (caller: Caller, privilege: string, node: string) => ({
    principal: caller.principal,
    privilege,
    node,
    now: now(),
    ...(caller.scopes && { scopes: caller.scopes }),
  });
  const can = (caller: Caller, privilege: string, node: string) =>
    caller.kind === 'service' || forest.can(question(caller, privilege, node));
  const access: Access = {
    can,
    explain: (caller, privilege, node) => forest.explain(question(caller, privilege, node)),
    async require(caller, privilege, node) {
      if (can(caller, privilege, node)) return;
      if (caller.kind === 'anonymous') throw kitErrors('unauthenticated');
      const readAbout = forest.readAboutOf(node);
      if (!readAbout || !can(caller, readAbout, node)) throw kitErrors('not-found', { kind: 'thing' });
      throw kitErrors('forbidden', { why: forest.explain(question(caller, privilege, node)).text });
    },
    visible: (caller, privilege, kind, page = {}) =>
      forest.visible({ principal: caller.principal, privilege, kind, now: now(), limit: page.limit ?? 200 }),
    whoCan: (privilege, node) => forest.whoCan(privilege, node, now()),
    async write(_, ops) {
      forest.apply(ops);
      return ++revision;
    },
    waitFor: async () => {},
    onChange: () => ({ stop() {} }),
    get revision() {
      return revision;
    },
  };
  return Object.assign(access, { forest });
}
