import { Link, type LinkProps, useRouterState } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { Fragment, type ReactNode, useEffect, useRef } from 'react';
import { useWords } from '#src/words/words.tsx';

export interface Crumb {
  label: string;
  link: LinkProps;
}
export interface Tab {
  label: string;
  link: LinkProps;
  exact?: boolean;
}

interface FrameProps {
  title: string;
  /** Beside the title: a state, a tag. */
  badge?: ReactNode;
  /** Under the title: what this is, in a line. */
  about?: ReactNode;
  icon?: ReactNode;
  crumbs?: Crumb[];
  tabs?: Tab[];
  actions?: ReactNode;
  children: ReactNode;
}

/** One page of the house: where it is, what it is called, what can be done, and its parts as tabs. */
export function Frame({ title, badge, about, icon, crumbs = [], tabs = [], actions, children }: FrameProps) {
  const words = useWords();
  useEffect(() => {
    document.title = `${title} · ${words.brand}`;
  }, [title, words]);
  return (
    <>
      <header className="border-b">
        <div className="mx-auto max-w-6xl px-4 pt-4 sm:px-8 sm:pt-6">
          {crumbs.length > 0 && <Crumbs crumbs={crumbs} />}
          <div className="flex flex-wrap items-center gap-x-4 gap-y-3 pb-4">
            {icon}
            <div className="min-w-0 flex-1 basis-56">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <h1 className="text-[1.667rem] leading-tight">{title}</h1>
                {badge}
              </div>
              {about && <div className="mt-0.5 text-[0.933rem] text-ink-soft">{about}</div>}
            </div>
            {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
          </div>
          {tabs.length > 0 && <Tabs tabs={tabs} label={title} />}
        </div>
      </header>
      <div className="mx-auto flex max-w-6xl flex-col gap-8 px-4 py-6 sm:px-8 sm:py-8">{children}</div>
    </>
  );
}

function Crumbs({ crumbs }: { crumbs: Crumb[] }) {
  const words = useWords();
  return (
    <nav aria-label={words.shell.breadcrumb} className="mb-2 -ml-1 text-[0.9rem] text-ink-soft">
      <ol className="flex flex-wrap items-center gap-1">
        {crumbs.map((crumb, index) => (
          <Fragment key={crumb.label}>
            {index > 0 && (
              <li aria-hidden>
                <ChevronRight className="size-3.5" />
              </li>
            )}
            <li>
              <Link {...crumb.link} activeProps={{}} className="rounded px-1 py-0.5 hover:bg-ink/6 hover:text-ink">
                {crumb.label}
              </Link>
            </li>
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}

function Tabs({ tabs, label }: { tabs: Tab[]; label: string }) {
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page means another current tab.
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [path]);
  return (
    <nav ref={nav} aria-label={label} className="-mx-3 -mb-px flex gap-1 overflow-x-auto">
      {tabs.map((tab) => (
        <Link
          key={tab.label}
          {...tab.link}
          activeOptions={{ exact: tab.exact ?? false }}
          className="border-b-2 border-transparent px-3 py-2 text-[0.933rem] font-medium whitespace-nowrap text-ink-soft -outline-offset-2 hover:text-ink aria-[current=page]:border-green aria-[current=page]:text-ink"
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
