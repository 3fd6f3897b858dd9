import { Check, LoaderCircle, X } from 'lucide-react';
import { classNames } from '#src/ui/class-names.ts';
import { Duration } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

interface Stage {
  name: string;
  state: string;
  startedAt: string | null;
  finishedAt: string | null;
}

const looks: Record<string, string> = {
  done: 'bg-green text-on-green border-transparent',
  running: 'bg-amber-wash text-amber border-amber',
  failed: 'bg-red-wash text-red border-red',
};

/** The stages of a deployment as beads on a line, each with how long it took. */
export function StageRail({ stages }: { stages: Stage[] }) {
  const words = useWords();
  return (
    <ol aria-label={words.app.detail.stages} className="flex flex-col gap-3 sm:flex-row sm:gap-0">
      {stages.map((stage, index) => (
        <li key={stage.name} className="relative flex flex-1 items-center gap-3 sm:flex-col sm:gap-1.5 sm:text-center">
          {index > 0 && (
            <span
              aria-hidden
              className={classNames(
                'absolute top-3 right-1/2 hidden h-0.5 w-full -translate-y-1/2 sm:block',
                stage.state === 'waiting' || stage.state === 'skipped' ? 'bg-line' : 'bg-green/60',
              )}
            />
          )}
          <span
            className={classNames(
              'relative z-1 grid size-6 shrink-0 place-items-center rounded-full border-2',
              looks[stage.state] ?? 'border-line-strong/50 bg-sheet text-ink-soft',
            )}
          >
            <StageIcon state={stage.state} />
          </span>
          <span className="flex items-baseline gap-2 sm:flex-col sm:items-center sm:gap-0">
            <span
              className={classNames('text-[0.933rem]', stage.state === 'running' ? 'font-semibold' : 'font-medium')}
            >
              {words.app.stages[stage.name] ?? stage.name}
            </span>
            <span className="text-[0.833rem] text-ink-soft">
              {stage.startedAt && stage.state !== 'skipped' ? (
                <Duration from={stage.startedAt} to={stage.finishedAt} />
              ) : (
                (words.states[stage.state] ?? stage.state)
              )}
            </span>
            <span className="sr-only">{words.states[stage.state] ?? stage.state}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function StageIcon({ state }: { state: string }) {
  if (state === 'done') return <Check aria-hidden className="size-3.5" strokeWidth={3} />;
  if (state === 'failed') return <X aria-hidden className="size-3.5" strokeWidth={3} />;
  if (state === 'running') return <LoaderCircle aria-hidden className="size-3.5 animate-spin" />;
  return null;
}
