import { checkDelay, restartDelay } from '#src/restart-rules.ts';
import type { AppLogs } from '#src/runtime/process/app-logs.ts';
import { checkHealth } from '#src/runtime/process/health.ts';
import { forgetInstance, type InstanceRecord, writeRecord } from '#src/runtime/process/instance-record.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import { isAlive } from '#src/runtime/process/proc.ts';
import { adoptUnit, killRemains, startUnit, type Unit } from '#src/runtime/process/unit.ts';
import type { Desired, InstanceView, Usage } from '#src/runtime/runtime.ts';

/**
 * The life of one instance: started, looked at every second, started again with growing delay when it ends or stays
 * unhealthy, drained, stopped. One that was never healthy is not started again: its rollout fails.
 */
export interface Member {
  readonly id: string;
  readonly generation: string;
  view(): InstanceView;
  /** Resolves when it is healthy for the first time, or is not going to be. */
  readonly settled: Promise<{ healthy: boolean; reason: string }>;
  /** Says that it gets no new requests, waits until `stopsMs`, stops it. */
  drain(stopsMs: number): Promise<void>;
  /** SIGTERM, the grace, SIGKILL; nothing is left when it resolves. */
  stop(reason: string): Promise<void>;
  /** Leaves it running and forgets it, for the next house to find. */
  leave(): void;
  usage(): Usage;
}

export interface MemberOptions {
  readonly machine: Machine;
  readonly logs: AppLogs;
  readonly record: InstanceRecord;
  /** Absent: found, and not wanted any more; it can only drain and stop. */
  readonly desired?: Desired;
  readonly changed: () => void;
}

const unhealthyAfter = 3;

export function createMember(options: MemberOptions): Member {
  const { machine, logs, desired } = options;
  const { clock } = machine;
  let record = foundRecord(options.record);
  let reason = '';
  let unit: Unit | undefined;
  let wasHealthy = ['healthy', 'draining', 'unhealthy'].includes(options.record.state);
  let sampled = { atMs: record.startedMs, cpuMs: 0 };
  let stopped: Promise<void> | undefined;
  const restartTimes: number[] = [];
  const ending = new AbortController();
  let draining = new AbortController();
  const settled = Promise.withResolvers<{ healthy: boolean; reason: string }>();
  const life = live().catch((error) => fail(error instanceof Error ? error.message : String(error)));

  function update(change: Partial<InstanceRecord>, why = reason): void {
    record = { ...record, ...change };
    reason = why;
    try {
      writeRecord(machine, record);
    } catch (error) {
      // A full disk must not end an app that runs; what is not written down is found by its mark.
      machine.log.error({ err: error, instanceId: record.id }, 'the state of an instance could not be written');
    }
    options.changed();
  }

  function say(text: string): void {
    logs.append([{ timeMs: clock.now(), stream: 'steading', text, instanceId: record.id }]);
  }

  function fail(why: string): void {
    if (!ending.signal.aborted) {
      say(`Failed: ${why}.`);
      update({ state: 'failed' }, why);
    }
    settled.resolve({ healthy: false, reason: why });
  }

  async function live(): Promise<void> {
    unit = await adoptUnit(machine, record, logs, desired);
    if (unit) sampled = { atMs: clock.now(), cpuMs: unit.usage().cpuMs };
    if (unit) say('Found running, and taken over.');
    for (;;) {
      if (!unit) {
        if (!desired || record.state === 'draining') return;
        await begin();
      }
      if (wasHealthy) settled.resolve({ healthy: true, reason: '' });
      const why = await watch(unit!);
      if (ending.signal.aborted) return;
      if (record.state === 'draining') return;
      if (!wasHealthy) {
        await unit!.kill().catch(() => {});
        return fail(why);
      }
      await restart(why);
      if (ending.signal.aborted) return;
    }
  }

  async function begin(): Promise<void> {
    await killRemains(machine, record.id);
    unit = await startUnit(machine, {
      id: record.id,
      desired: desired!,
      logs,
      onProcess: (port, process) =>
        update({ port, startedMs: clock.now(), state: 'starting', ...(process && { process }) }),
    });
    sampled = { atMs: clock.now(), cpuMs: 0 };
    say(`Started on port ${unit.port}.`);
  }

  async function restart(why: string): Promise<void> {
    const { delayMs, looping } = restartDelay(restartTimes, clock.now());
    restartTimes.push(clock.now());
    const text = looping ? `crash loop: ${why}; next try in ${Math.round(delayMs / 1000)} s` : why;
    say(`Starting again: ${text}.`);
    update({ state: 'unhealthy', restarts: record.restarts + 1 }, text);
    const old = unit!;
    if (!(await gone(old, 0))) await halt(old);
    unit = undefined;
    await clock.sleep(delayMs, ending.signal);
  }

  /** Looks at it until it ends or has been unhealthy for long enough; says why. */
  async function watch(current: Unit): Promise<string> {
    const over = new AbortController();
    const ended = current.exited.then((exit) => {
      over.abort();
      if (current.outOfMemory()) return 'it used more memory than its limit';
      return `it ended with ${exit.signal ?? (exit.code === undefined ? 'an unknown code' : `code ${exit.code}`)}`;
    });
    const signal = AbortSignal.any([over.signal, ending.signal]);
    const stopping = new Promise<string>((resolve) => {
      if (ending.signal.aborted) resolve('');
      ending.signal.addEventListener('abort', () => resolve(''), { once: true });
    });
    const why = await Promise.race([ended, stopping, ...(desired ? [look(current, signal)] : [])]);
    over.abort();
    return why;
  }

  async function look(current: Unit, signal: AbortSignal): Promise<string> {
    const { health } = desired!;
    const startBy = clock.now() + health.startPeriodMs;
    let bad = 0;
    for (let checks = 0; ; checks++) {
      const healthy = record.state === 'healthy' || record.state === 'draining';
      await clock.sleep(healthy ? health.intervalMs : checkDelay(checks, health.intervalMs), signal);
      if (signal.aborted) return '';
      const verdict = await checkHealth({ host: machine.host, port: current.port, health, runCommand: current.check });
      if (signal.aborted) return '';
      if (verdict.ok) {
        bad = 0;
        if (record.state === 'starting' || record.state === 'unhealthy') becomeHealthy();
      } else if (record.state === 'healthy' && ++bad >= unhealthyAfter) return verdict.reason;
      else if (record.state === 'starting' && clock.now() > startBy)
        return `it was not healthy after ${Math.round(health.startPeriodMs / 1000)} s: ${verdict.reason}`;
    }
  }

  function becomeHealthy(): void {
    wasHealthy = true;
    say('Healthy.');
    update({ state: 'healthy' }, '');
    settled.resolve({ healthy: true, reason: '' });
  }

  async function halt(current: Unit): Promise<void> {
    // Nothing to tell: the program itself was not started yet.
    if (current.terminate() && (await gone(current, record.stopGraceMs))) return;
    await current.kill();
  }

  async function gone(current: Unit, withinMs: number): Promise<boolean> {
    const late = new AbortController();
    const result = await Promise.race([
      current.exited.then(() => true),
      clock.sleep(withinMs, late.signal).then(() => false),
    ]);
    late.abort();
    return result;
  }

  async function end(why: string): Promise<void> {
    ending.abort();
    draining.abort();
    settled.resolve({ healthy: false, reason: why });
    // A start that is under way is let through first, so that what it started is stopped too.
    await Promise.race([life, clock.sleep(1_000)]);
    if (unit) await halt(unit);
    await killRemains(machine, record.id);
    say(`Stopped: ${why}.`);
    record = { ...record, state: 'stopped' };
    await forgetInstance(machine, record.appId, record.id);
    options.changed();
  }

  const stop = (why: string) => (stopped ??= end(why));

  return {
    id: record.id,
    generation: record.generation,
    settled: settled.promise,
    view: () => ({
      id: record.id,
      appId: record.appId,
      generation: record.generation,
      state: record.state,
      address: record.port ? `${machine.host}:${record.port}` : '',
      startedMs: record.startedMs,
      restarts: record.restarts,
      stopsMs: record.stopsMs,
      reason,
    }),
    async drain(stopsMs) {
      draining = new AbortController();
      const { signal } = draining;
      update({ state: 'draining', stopsMs }, 'replaced by a newer deployment');
      await clock.sleep(Math.max(0, stopsMs - clock.now()), AbortSignal.any([signal, ending.signal]));
      if (!signal.aborted) await stop('replaced by a newer deployment');
    },
    stop,
    leave() {
      ending.abort();
      draining.abort();
    },
    usage() {
      const used = unit?.usage() ?? { memoryBytes: 0, cpuMs: 0 };
      const elapsed = Math.max(1, clock.now() - sampled.atMs);
      const cpuMillis = Math.max(0, Math.round(((used.cpuMs - sampled.cpuMs) / elapsed) * 1000));
      sampled = { atMs: clock.now(), cpuMs: used.cpuMs };
      return { memoryBytes: used.memoryBytes, cpuMillis };
    },
  };
}

/** An instance that ended while no house ran is not told as healthy, not even for a moment. */
function foundRecord(record: InstanceRecord): InstanceRecord {
  const gone = record.process === undefined || !isAlive(record.process);
  return gone && record.state !== 'draining' ? { ...record, state: 'starting', port: 0 } : record;
}
