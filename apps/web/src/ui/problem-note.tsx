import { TriangleAlert } from 'lucide-react';
import type { Problem } from '#src/graph/problem.ts';
import { Button } from '#src/ui/button.tsx';
import { useWords } from '#src/words/words.tsx';

/** A problem as a person should meet it: the catalogue's sentence, the request's id, and a way on. */
export function ProblemNote({ problem, onRetry }: { problem: Problem | undefined; onRetry?: () => void }) {
  const words = useWords();
  if (!problem) return null;
  return (
    <div role="alert" className="flex gap-3 rounded-xl border border-red/35 bg-red-wash px-4 py-3 text-[0.933rem]">
      <TriangleAlert aria-hidden className="mt-0.5 size-4.5 shrink-0 text-red" />
      <div className="min-w-0 flex-1">
        <p>{problem.offline || !problem.message ? words.problems.offline : problem.message}</p>
        {problem.requestId && (
          <p className="mt-0.5 font-mono text-[0.8rem] text-ink-soft">
            {words.problems.requestId} {problem.requestId}
          </p>
        )}
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          {words.actions.retry}
        </Button>
      )}
    </div>
  );
}
