import { Link } from '@tanstack/react-router';
import { GitCommitHorizontal } from 'lucide-react';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

export interface LineDeployment {
  id: string;
  number: number;
  trigger: string;
  commit: string | null;
  commitMessage: string | null;
  commitAuthor: string | null;
  branch: string | null;
  createdAt: string;
  by: { name: string } | null;
}

/** What a deployment is, in two lines: its commit, and how it came to be. */
export function DeploymentLine({
  appId,
  deployment,
  row,
}: {
  appId: string;
  deployment: LineDeployment;
  row?: boolean;
}) {
  const words = useWords();
  const { number, commit, commitMessage, commitAuthor, branch, trigger, by } = deployment;
  return (
    <div className="min-w-0">
      <p className="truncate font-medium">
        <Link
          to="/a/$appId/deployments/$deploymentId"
          params={{ appId, deploymentId: deployment.id }}
          {...(row && { 'data-row': true })}
          className={row ? 'after:absolute after:inset-0' : 'underline-offset-4 hover:underline'}
        >
          {commitMessage?.split('\n')[0] || words.app.deployment(number)}
        </Link>
      </p>
      <p className="flex flex-wrap items-center gap-x-2 text-[0.867rem] text-ink-soft">
        <span className="tabular-nums">#{number}</span>
        {commit && (
          <code className="inline-flex items-center gap-1 font-mono text-[0.833rem]" title={commit}>
            <GitCommitHorizontal aria-hidden className="size-3.5" />
            {commit.slice(0, 7)}
          </code>
        )}
        {branch && <span>{branch}</span>}
        {commitAuthor && <span>{commitAuthor}</span>}
        <span>
          <RelativeTime at={deployment.createdAt} /> {words.app.trigger[trigger] ?? trigger}
          {by && ` (${by.name})`}
        </span>
      </p>
    </div>
  );
}
