import { useMemo, useState } from 'react';
import { useLiveLog } from '#src/live/use-live-log.ts';
import { LogLines } from '#src/pages/app/log-lines.tsx';
import { classNames } from '#src/ui/class-names.ts';
import { Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface BuildLogProps {
  deploymentId: string;
  underWay: boolean;
  stages: string[];
}

/** A deployment's log, streaming while it is under way, apart by stage. */
export function BuildLog({ deploymentId, underWay, stages }: BuildLogProps) {
  const words = useWords();
  const text = words.app.detail;
  const log = useLiveLog('deployment-log', deploymentId);
  const [stage, setStage] = useState<string>();
  const [follow, setFollow] = useState(underWay);
  const lines = useMemo(
    () => (stage ? log.lines.filter((line) => line.stage === stage) : log.lines),
    [log.lines, stage],
  );
  const present = stages.filter((name) => log.lines.some((line) => line.stage === name));
  return (
    <Section
      title={text.log}
      actions={
        <>
          <div className="flex flex-wrap items-center gap-1">
            {[undefined, ...present].map((name) => (
              <button
                key={name ?? 'all'}
                type="button"
                aria-pressed={stage === name}
                onClick={() => setStage(name)}
                className={classNames(
                  'rounded-full px-2.5 py-1 text-[0.867rem]',
                  stage === name ? 'bg-ink/10 font-medium' : 'text-ink-soft hover:bg-ink/6',
                )}
              >
                {name ? (words.app.stages[name] ?? name) : text.allStages}
              </button>
            ))}
          </div>
          <label className="flex items-center gap-1.5 text-[0.867rem]">
            <input
              type="checkbox"
              checked={follow}
              onChange={(event) => setFollow(event.target.checked)}
              className="accent-green"
            />
            {text.follow}
          </label>
        </>
      }
    >
      {log.dropped > 0 && <p className="text-[0.867rem] text-ink-soft">{text.dropped(log.dropped)}</p>}
      {log.left && (
        <p role="status" className="text-[0.867rem] text-red">
          {words.app.logs.leftReasons[log.left] ?? log.left}
        </p>
      )}
      {lines.length === 0 ? (
        <p className="rounded-xl border bg-log px-4 py-6 font-mono text-[0.867rem] text-log-soft">{text.waitingLog}</p>
      ) : (
        <LogLines lines={lines} label={text.log} follow={follow} onFollow={setFollow} />
      )}
    </Section>
  );
}
