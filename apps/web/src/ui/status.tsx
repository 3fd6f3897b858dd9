import { classNames } from '#src/ui/class-names.ts';
import { useWords } from '#src/words/words.tsx';

type Tone = 'green' | 'amber' | 'red' | 'grey' | 'blue';

const tones: Record<string, Tone> = {
  live: 'green',
  healthy: 'green',
  verified: 'green',
  ready: 'green',
  active: 'green',
  done: 'green',
  accepted: 'green',
  ok: 'green',
  allowed: 'green',
  serving: 'green',
  deploying: 'amber',
  queued: 'amber',
  cloning: 'amber',
  building: 'amber',
  pushing: 'amber',
  verifying: 'amber',
  starting: 'amber',
  running: 'amber',
  pending: 'amber',
  outdated: 'amber',
  offered: 'blue',
  reading: 'amber',
  joining: 'amber',
  denied: 'red',
  draining: 'blue',
  demo: 'blue',
  invited: 'blue',
  failed: 'red',
  unhealthy: 'red',
  unready: 'red',
  exited: 'red',
  refused: 'red',
  suspended: 'red',
};

const moving = new Set(['deploying', 'cloning', 'building', 'pushing', 'verifying', 'starting', 'running']);

const dots: Record<Tone, string> = {
  green: 'bg-green',
  amber: 'bg-amber',
  red: 'bg-red',
  blue: 'bg-blue',
  grey: 'bg-transparent ring-[1.5px] ring-inset ring-line-strong',
};
const washes: Record<Tone, string> = {
  green: 'bg-green-wash text-green-deep',
  amber: 'bg-amber-wash text-amber',
  red: 'bg-red-wash text-red',
  blue: 'bg-blue-wash text-blue',
  grey: 'bg-ink/6 text-ink-soft',
};

/** The dot alone, for dense lists that say the word beside it. */
export function StateDot({ state }: { state: string }) {
  const tone = tones[state] ?? 'grey';
  return (
    <span
      aria-hidden
      className={classNames(
        'inline-block size-2 shrink-0 rounded-full',
        dots[tone],
        moving.has(state) && 'animate-breathe',
      )}
    />
  );
}

/** A state: never by colour alone. */
export function StateBadge({ state, label }: { state: string; label?: string }) {
  const words = useWords();
  return (
    <span
      className={classNames(
        'inline-flex shrink-0 items-center gap-1.5 rounded-full px-2.5 py-0.5 text-[0.833rem] font-medium whitespace-nowrap',
        washes[tones[state] ?? 'grey'],
      )}
    >
      <StateDot state={state} />
      {label ?? words.states[state] ?? state}
    </span>
  );
}

/** A word set apart: a role, a scope, a kind. */
export function Tag({ children }: { children: string }) {
  return (
    <span className="inline-flex items-center rounded-md border bg-sunken px-1.5 py-px text-[0.8rem] whitespace-nowrap text-ink-soft">
      {children}
    </span>
  );
}
