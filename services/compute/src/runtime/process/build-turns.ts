/**
 * While builds run they give way to everybody, at once. Where others leave them nothing (an app that computes without
 * end, say), they would never end, and the app's correction would never be built: so every few seconds it is looked
 * whether they got something, and where they did not, they count by their weight for as long.
 */
import { readFileSync } from 'node:fs';
import type { Clock, Timer } from '@steading/kit';
import type { BuildsGroup } from '#src/runtime/process/cgroups.ts';

export interface BuildTurns {
  /** A build begins; gives the way to say that it is over. */
  begin(): () => void;
}

/** Of all processors together, since the machine started, in ticks. */
export interface MachineTimes {
  readonly all: number;
  readonly idle: number;
}

const turnMs = 2_000;
/** With less of the machine unused than this, whoever gives way gets nothing. */
const unusedShare = 0.05;

export function createBuildTurns(options: {
  readonly group: BuildsGroup;
  readonly clock: Clock;
  /** Default: `/proc/stat`. */
  readonly times?: () => MachineTimes;
}): BuildTurns {
  const { group, clock, times = machineTimes } = options;
  let running = 0;
  let timer: Timer | undefined;
  const reading = () => ({ ...times(), periods: group.periods() });
  let before = reading();

  function look(): void {
    const now = reading();
    const isFull = now.periods.full > before.periods.full;
    const isWanted = now.periods.all > before.periods.all;
    const isUsedUp = now.idle - before.idle < (now.all - before.all) * unusedShare;
    group.giveWay(!(isUsedUp && isWanted && !isFull));
    before = now;
    timer = clock.after(turnMs, look);
  }

  return {
    begin() {
      if (++running === 1) {
        before = reading();
        group.giveWay(true);
        timer = clock.after(turnMs, look);
      }
      return () => {
        if (--running === 0) timer?.cancel();
      };
    },
  };
}

/** proc_stat(5): the first line's fields are user, nice, system, idle, iowait, irq, softirq and steal. */
function machineTimes(): MachineTimes {
  try {
    const fields = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
    return { all: fields.reduce((sum, each) => sum + each, 0), idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
  } catch {
    return { all: 0, idle: 0 };
  }
}
