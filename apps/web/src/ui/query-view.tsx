import type { CombinedError } from '@urql/core';
import type { ReactNode } from 'react';
import { readProblem } from '#src/graph/problem.ts';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Empty } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface Asked<Data> {
  data?: Data | undefined;
  error?: CombinedError | undefined;
  fetching: boolean;
}

/** A question's answer: its skeleton while it is awaited, its problem with a retry, or what it holds. */
export function QueryView<Data>(props: {
  asked: Asked<Data>;
  retry: () => void;
  skeleton?: ReactNode;
  children: (data: NonNullable<Data>) => ReactNode;
}) {
  const { asked, retry, skeleton, children } = props;
  if (asked.data) return children(asked.data);
  if (asked.error) return <Failed error={asked.error} retry={retry} />;
  return skeleton ?? <RowsSkeleton />;
}

function Failed({ error, retry }: { error: CombinedError; retry: () => void }) {
  const words = useWords();
  const problem = readProblem(error);
  if (problem.status === 403) return <Empty title={words.problems.refusedTitle} text={problem.message} />;
  if (problem.status === 404) return <Empty title={words.problems.notFoundTitle} text={problem.message} />;
  return <ProblemNote problem={problem} onRetry={retry} />;
}

/** Grey rows where a list will be. */
export function RowsSkeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div aria-hidden className="divide-y divide-line overflow-hidden rounded-xl border bg-raised">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="flex items-center gap-4 px-4 py-4">
          <div className="size-6 animate-breathe rounded-md bg-ink/8" />
          <div className="h-3 w-2/5 animate-breathe rounded bg-ink/8" />
          <div className="ml-auto h-3 w-16 animate-breathe rounded bg-ink/8" />
        </div>
      ))}
    </div>
  );
}
