import { newId } from '@steading/kit';
import type { AppLogs } from '#src/runtime/process/app-logs.ts';
import type { InstanceRecord } from '#src/runtime/process/instance-record.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import { createMember, type Member } from '#src/runtime/process/member.ts';
import type { Desired, RolloutView, RuntimeEvents } from '#src/runtime/runtime.ts';

/**
 * What runs of one app, and how a generation takes the place of another: new ones beside the old; when all are healthy
 * the old ones drain; when one fails the new ones go. A generation that is being replaced is never touched before.
 */
export interface App {
  readonly logs: AppLogs;
  members(): readonly Member[];
  restore(desired: Desired): Promise<void>;
  apply(desired: Desired): void;
  abort(generation: string, reason: string): Promise<void>;
  watch(generation: string, signal: AbortSignal): AsyncIterable<RolloutView> | undefined;
  /** Stops what was found and nobody restored. */
  sweep(): Promise<void>;
  stop(reason: string): Promise<void>;
  leave(): void;
}

interface Rollout {
  readonly desired: Desired;
  readonly cancelled: AbortController;
  view: RolloutView;
  done: Promise<void>;
  readonly heard: Set<() => void>;
}

const keptRollouts = 20;

export function createApp(options: {
  appId: string;
  machine: Machine;
  logs: AppLogs;
  found: readonly InstanceRecord[];
  events: RuntimeEvents;
}): App {
  const { appId, machine, logs, events } = options;
  const members = new Map<string, Member>();
  const found = new Map(options.found.map((record) => [record.id, record]));
  const rollouts = new Map<string, Rollout>();
  let current: string | undefined;
  let closed = false;

  const changed = () => {
    for (const member of members.values()) if (member.view().state === 'stopped') members.delete(member.id);
    if (!closed) events.changed(appId);
  };

  function add(record: InstanceRecord, desired?: Desired): Member {
    found.delete(record.id);
    const member = createMember({ machine, logs, record, changed, ...(desired && { desired }) });
    members.set(record.id, member);
    return member;
  }

  /** The members of a generation, found or made until there are enough. */
  function fill(desired: Desired): Member[] {
    for (const record of [...found.values()])
      if (record.generation === desired.generation && record.state !== 'failed')
        add(record.state === 'draining' ? { ...record, state: 'healthy', stopsMs: 0 } : record, desired);
    const own = () => [...members.values()].filter((member) => member.generation === desired.generation);
    while (own().length < desired.replicas) add(newRecord(desired), desired);
    return own();
  }

  function newRecord(desired: Desired): InstanceRecord {
    const { generation, stopGraceMs } = desired;
    const zero = { port: 0, startedMs: machine.clock.now(), restarts: 0, stopsMs: 0 };
    return { id: newId('ins'), appId, generation, state: 'starting', stopGraceMs, ...zero };
  }

  async function roll(rollout: Rollout): Promise<void> {
    const { desired, cancelled } = rollout;
    const fresh = fill(desired);
    tell(rollout, { state: 'checking', reason: '', lastLines: [] });
    const failed = Promise.withResolvers<{ member?: Member; reason: string }>();
    cancelled.signal.addEventListener('abort', () => failed.resolve({ reason: String(cancelled.signal.reason) }));
    if (cancelled.signal.aborted) failed.resolve({ reason: String(cancelled.signal.reason) });
    const all = Promise.all(
      fresh.map(async (member) => {
        const end = await member.settled;
        if (!end.healthy) failed.resolve({ member, reason: end.reason });
        return end.healthy;
      }),
    );
    const failure = await Promise.race([
      failed.promise,
      all.then((ends) => (ends.every(Boolean) ? undefined : failed.promise)),
    ]);
    if (closed) return;
    if (failure) await giveUp(rollout, fresh, failure);
    else succeed(rollout);
  }

  async function giveUp(rollout: Rollout, fresh: Member[], failure: { member?: Member; reason: string }) {
    const { desired } = rollout;
    const lastLines = failure.member ? logs.lastOf(failure.member.id, 50, desired.masked) : [];
    const stopping = Promise.all(fresh.map((member) => member.stop(failure.reason)));
    events.settled(appId, desired.generation, 'failed', failure.reason);
    await stopping;
    tell(rollout, { state: 'failed', reason: failure.reason, lastLines });
  }

  function succeed(rollout: Rollout): void {
    const { desired } = rollout;
    current = desired.generation;
    const stopsMs = machine.clock.now() + desired.drainMs;
    for (const member of members.values())
      if (member.generation !== current && member.view().state !== 'draining') void member.drain(stopsMs);
    // What an earlier house left of older generations goes the same way, and first of all.
    for (const record of found.values()) void add(record).drain(record.stopsMs || stopsMs);
    tell(rollout, { state: 'healthy', reason: '', lastLines: [] });
    events.settled(appId, desired.generation, 'healthy', '');
  }

  function tell(rollout: Rollout, view: RolloutView): void {
    rollout.view = view;
    for (const wake of rollout.heard) wake();
  }

  function remember(desired: Desired, view: RolloutView): Rollout {
    const rollout = {
      desired,
      view,
      cancelled: new AbortController(),
      done: Promise.resolve(),
      heard: new Set<() => void>(),
    };
    rollouts.set(desired.generation, rollout);
    for (const key of rollouts.keys()) if (rollouts.size > keptRollouts) rollouts.delete(key);
    return rollout;
  }

  const open = (rollout: Rollout) => rollout.view.state === 'starting' || rollout.view.state === 'checking';

  return {
    logs,
    members: () => [...members.values()],
    async restore(desired) {
      current = desired.generation;
      remember(desired, { state: 'healthy', reason: '', lastLines: [] });
      fill(desired);
    },
    apply(desired) {
      if (rollouts.has(desired.generation)) return;
      for (const other of rollouts.values())
        if (open(other)) other.cancelled.abort(`superseded by ${desired.generation}`);
      const rollout = remember(desired, { state: 'starting', reason: '', lastLines: [] });
      rollout.done = roll(rollout).catch(async (error) => {
        machine.log.error({ err: error, appId }, 'a rollout broke');
        const own = [...members.values()].filter((member) => member.generation === desired.generation);
        await giveUp(rollout, own, { reason: 'it could not be started on this machine; see the log of the house' });
      });
    },
    async abort(generation, reason) {
      const rollout = rollouts.get(generation);
      if (!rollout || !open(rollout)) return;
      rollout.cancelled.abort(reason);
      await rollout.done;
    },
    watch(generation, signal) {
      const rollout = rollouts.get(generation);
      return rollout && views(rollout, signal);
    },
    async sweep() {
      for (const record of [...found.values()]) {
        const member = add(record);
        if (record.state === 'draining') void member.drain(record.stopsMs);
        else await member.stop('nobody wants it any more');
      }
    },
    async stop(reason) {
      closed = true;
      for (const rollout of rollouts.values()) if (open(rollout)) rollout.cancelled.abort(reason);
      for (const record of [...found.values()]) add(record);
      await Promise.all([...members.values()].map((member) => member.stop(reason)));
    },
    leave() {
      closed = true;
      for (const member of members.values()) member.leave();
    },
  };
}

async function* views(rollout: Rollout, signal: AbortSignal): AsyncGenerator<RolloutView> {
  let shown: RolloutView | undefined;
  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
    rollout.heard.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (rollout.view === shown) await promise;
    rollout.heard.delete(resolve);
    if (rollout.view === shown || signal.aborted) continue;
    shown = rollout.view;
    yield shown;
    if (shown.state === 'healthy' || shown.state === 'failed') return;
  }
}
