import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { problemOf } from '#src/graph/problem.ts';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useWords } from '#src/words/words.tsx';

/** What stands in place of a page that could not be shown. */
export function PageProblem({ error, reset }: ErrorComponentProps) {
  const words = useWords();
  const router = useRouter();
  const problem = problemOf(error);
  const retry = () => {
    reset();
    void router.invalidate();
  };
  const known = problem.offline || problem.status !== undefined;
  return (
    <div className="mx-auto flex max-w-xl flex-col gap-4 px-4 py-16">
      <h1 className="text-[1.667rem]">{words.problems.title}</h1>
      <ProblemNote problem={known ? problem : { ...problem, message: words.problems.crash }} onRetry={retry} />
    </div>
  );
}
