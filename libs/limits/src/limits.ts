import type { Database, SchemaMigrations } from '@steading/db';
import { bug, type Clock, type Log } from '@steading/kit';
import { createSharedCounts, type SharedCounts } from '#src/shared-counts.ts';
import { createWindows } from '#src/windows.ts';

/** Its table. */
export const limitsMigrations: SchemaMigrations = {
  schema: 'limits',
  folder: new URL('./migrations/', import.meta.url),
};

export interface LimitRule {
  /** `identity.sign-in`: the same in every process that counts for it. */
  readonly name: string;
  /** How often in one window, which begins with the first. */
  readonly points: number;
  readonly seconds: number;
  /** Whether other processes' counts are waited for; default false: they are known a fifth of a second later. */
  readonly exact?: boolean;
}

export interface Taken {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

export interface Limit {
  /** Counts once more for `who`: an address, a person. */
  take(who: string): Promise<Taken>;
  /** The same without waiting for anybody; not where the rule is exact. */
  takeNow(who: string): Taken;
}

/** Makes counters. What they count is shared by the processes of a house. */
export interface Limits {
  limit(rule: LimitRule): Limit;
}

export interface RunningLimits extends Limits {
  /** Adds what was counted and not yet shared. */
  stop(): Promise<void>;
}

export interface LimitsOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether other processes of the house count too; else the database is not asked. */
  readonly shared: boolean;
}

export function createLimits(options: LimitsOptions): RunningLimits {
  const shared = options.shared ? createSharedCounts(options) : undefined;
  return {
    limit: (rule) => createLimit(rule, shared, options.clock),
    stop: async () => shared?.stop(),
  };
}

function createLimit(rule: LimitRule, shared: SharedCounts | undefined, clock: Clock): Limit {
  const { name, points, seconds, exact = false } = rule;
  const local = createWindows(seconds, clock);
  const counter = shared?.counter({
    name,
    // What was counted here since it was sent is on top of what all know.
    know: (who, total, leftMs) => local.set(who, total, Math.max(1, leftMs)),
  });
  const answer = (used: number, leftMs: number): Taken => ({
    allowed: used <= points,
    limit: points,
    remaining: Math.max(0, points - used),
    resetSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
  });

  return {
    takeNow(who) {
      if (exact) bug(`the limit ${name} is exact, and must be waited for`);
      const { points: used, leftMs } = local.count(who);
      counter?.add(who, leftMs);
      return answer(used, leftMs);
    },
    async take(who) {
      const { points: used, leftMs } = local.count(who);
      const taken = answer(used, leftMs);
      if (!counter) return taken;
      if (!exact || !taken.allowed) {
        counter.add(who, leftMs);
        return taken;
      }
      const all = await counter.addNow(who, leftMs);
      return all ? answer(all.points, all.leftMs) : taken;
    },
  };
}
