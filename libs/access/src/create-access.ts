import { create } from '@bufbuild/protobuf';
import { ForestService, WriteRequestSchema } from '@steading/contracts/rpc/forest';
import { type Caller, kitErrors } from '@steading/kit';
import { as } from '@steading/rpc';
import type { Access, Explanation, ForestView, Page } from '#src/access.ts';
import { toOperation } from '#src/operations.ts';
import { createReplica, type ReplicaOptions } from '#src/replica.ts';

export interface AccessOptions extends ReplicaOptions {
  /**
   * Whether other processes of the house write to the forest; default false. Then nobody is refused before this replica
   * has what was written until they asked: they may come from an answer that another process gave.
   */
  readonly othersWrite?: boolean;
}

export interface RunningAccess extends Access, ForestView {
  /** Resolves when the replica has loaded, or when `signal` is aborted. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  readonly ready: boolean;
}

/** How long a refusal waits for the forest's newest state. */
const refreshMs = 2_000;
const largestPage = 200;
const houseItself: Explanation = { allowed: true, text: 'The house itself may.', steps: [] };

/** The forest as services of this process see it. Calls of services for the house itself pass every check. */
export function createAccess(options: AccessOptions): RunningAccess {
  const { rpc, clock, othersWrite = false } = options;
  const replica = createReplica(options);
  const question = (caller: Caller, privilege: string, node: string) => ({
    principal: caller.principal,
    privilege,
    node,
    now: clock.now(),
    ...(caller.scopes && { scopes: caller.scopes }),
  });
  const can = (caller: Caller, privilege: string, node: string) =>
    caller.kind === 'service' || replica.forest.can(question(caller, privilege, node));

  /** Resolves too where the forest cannot be asked: then what is known decides. */
  async function refreshed(): Promise<void> {
    const over = new AbortController();
    await Promise.race([replica.refresh().catch(() => {}), clock.sleep(refreshMs, over.signal)]);
    over.abort();
  }

  function explain(caller: Caller, privilege: string, node: string): Explanation {
    return caller.kind === 'service' ? houseItself : replica.forest.explain(question(caller, privilege, node));
  }

  function refusal(caller: Caller, privilege: string, node: string): Error {
    if (caller.kind === 'anonymous') return kitErrors('unauthenticated');
    const readAbout = replica.forest.readAboutOf(node);
    if (!readAbout || !can(caller, readAbout, node)) return kitErrors('not-found', { kind: 'node' });
    return kitErrors('forbidden', { why: explain(caller, privilege, node).text });
  }

  return {
    can,
    explain,
    require(caller, privilege, node) {
      const check = () => {
        if (!can(caller, privilege, node)) throw refusal(caller, privilege, node);
      };
      if (caller.revision !== undefined && caller.revision > replica.revision)
        return replica.waitFor(caller.revision).then(check);
      if (othersWrite && caller.kind !== 'anonymous' && !can(caller, privilege, node)) return refreshed().then(check);
      check();
      return undefined;
    },
    visible(caller, privilege, kind, page = {}): Page {
      return replica.forest.visible({
        principal: caller.principal,
        privilege,
        kind,
        now: clock.now(),
        limit: Math.max(1, Math.min(page.limit ?? largestPage, largestPage)),
        ...(caller.scopes && { scopes: caller.scopes }),
        ...(page.under !== undefined && { under: page.under }),
        ...(page.after !== undefined && { after: page.after }),
      });
    },
    whoCan: (privilege, node) => replica.forest.whoCan(privilege, node, clock.now()),
    async write(caller, ops) {
      const { revision } = await rpc
        .client(ForestService)
        .write(create(WriteRequestSchema, { operations: ops.map(toOperation) }), as(caller));
      await replica.waitFor(Number(revision), { timeoutMs: 10_000 });
      return Number(revision);
    },
    waitFor: (revision, waiting) => replica.waitFor(revision, waiting),
    onChange: (call) => replica.onChange(call),
    get revision() {
      return replica.revision;
    },
    node: (id) => replica.forest.node(id),
    blocksOn: (id) => replica.forest.blocksOn(id),
    privilegesOf: (kind) => replica.forest.privilegesOf(kind),
    start: (signal) => replica.start(signal),
    stop: () => replica.stop(),
    get ready() {
      return replica.ready;
    },
  };
}
