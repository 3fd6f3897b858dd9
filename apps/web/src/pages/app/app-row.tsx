import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconLink } from '#src/ui/icon-link.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Row } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

export interface AppRowApp {
  id: string;
  name: string;
  url: string;
  state: string;
  newest: { id: string; number: number; state: string; createdAt: string; commitMessage: string | null } | null;
}

/** One app in a list: its state, where it answers, and what was deployed last. */
export function AppRow({ app, place }: { app: AppRowApp; place?: ReactNode }) {
  const words = useWords();
  const failedOver = app.state === 'live' && app.newest?.state === 'failed';
  return (
    <Row className="grid grid-cols-[minmax(0,1fr)_auto_2rem] hover:bg-sunken md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_8.5rem_2rem]">
      <div className="min-w-0">
        <Link
          to="/a/$appId"
          params={{ appId: app.id }}
          data-row
          className="font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-xl focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-green"
        >
          {app.name}
        </Link>
        {place && <div className="truncate text-[0.867rem] text-ink-soft">{place}</div>}
      </div>
      <div className="order-last col-span-3 min-w-0 text-[0.867rem] text-ink-soft md:order-none md:col-span-1">
        {app.newest ? (
          <>
            <p className="truncate">{app.newest.commitMessage ?? words.app.deployment(app.newest.number)}</p>
            <p>
              <RelativeTime at={app.newest.createdAt} />
              {failedOver && <span className="text-red"> · {words.app.newestFailed}</span>}
            </p>
          </>
        ) : (
          words.app.neverDeployed
        )}
      </div>
      <span className="justify-self-start">
        <StateBadge state={app.state} />
      </span>
      <span className="relative">
        <IconLink href={app.url} label={words.app.openAt(app.url)}>
          <ExternalLink aria-hidden className="size-4" />
        </IconLink>
      </span>
    </Row>
  );
}
