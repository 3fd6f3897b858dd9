import { Link, type LinkProps } from '@tanstack/react-router';
import { Compass, House, Plus, Search, Settings2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { SidebarDocument } from '#src/graph/documents-session.ts';
import type { ResultOf } from '#src/graph/tada.ts';
import { houseName, useSession } from '#src/session/session.tsx';
import { AccountMenu } from '#src/shell/account-menu.tsx';
import { BrandMark } from '#src/shell/brand.tsx';
import { modifierKey } from '#src/shell/modifier-key.ts';
import { Tile } from '#src/ui/avatar.tsx';
import { useWords } from '#src/words/words.tsx';

type SidebarSpace = ResultOf<typeof SidebarDocument>['mySpaces'][number];

const item =
  'flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-[0.933rem] text-ink-soft hover:bg-ink/6 hover:text-ink aria-[current=page]:bg-sheet aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:shadow-sheet';

/** The ways through the house: home, spaces as a tree, and for operators the house itself. */
export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const words = useWords();
  const { viewer, house } = useSession();
  return (
    <div className="flex h-full flex-col gap-4 overflow-y-auto p-3">
      <Link
        to="/"
        activeProps={{}}
        className="hidden items-center gap-2.5 rounded-lg px-2 pt-1.5 font-serif text-[1.2rem] font-semibold lg:flex"
      >
        <BrandMark className="size-7" />
        {houseName(house, words.brand)}
      </Link>
      <button
        type="button"
        onClick={onSearch}
        className="flex items-center gap-2 rounded-lg border border-line-strong/50 bg-sheet/70 px-2.5 py-1.5 text-left text-[0.9rem] text-ink-soft hover:border-line-strong"
      >
        <Search aria-hidden className="size-4" />
        <span className="flex-1">{words.shell.search}</span>
        <kbd className="hidden rounded border bg-sheet px-1 font-sans text-[0.733rem] lg:block">{modifierKey} K</kbd>
      </button>
      <nav aria-label={words.shell.menu} className="flex flex-1 flex-col gap-0.5">
        <Item link={{ to: '/' }} icon={<House aria-hidden className="size-4.5" />} exact>
          {words.shell.home}
        </Item>
        <Item link={{ to: '/spaces' }} icon={<Compass aria-hidden className="size-4.5" />} exact>
          {words.shell.explore}
        </Item>
        {viewer.isOperator && (
          <Item link={{ to: '/operator' }} icon={<Settings2 aria-hidden className="size-4.5" />}>
            {words.shell.operator}
          </Item>
        )}
        <SpaceTree />
      </nav>
      <AccountMenu />
    </div>
  );
}

function Item({
  link,
  icon,
  exact,
  children,
}: {
  link: LinkProps;
  icon: ReactNode;
  exact?: boolean;
  children: string;
}) {
  return (
    <Link {...link} activeOptions={{ exact: exact ?? false }} className={item}>
      {icon}
      <span className="truncate">{children}</span>
    </Link>
  );
}

function SpaceTree() {
  const words = useWords();
  const { viewer } = useSession();
  const [{ data }] = useQuery({ query: SidebarDocument });
  const spaces = data?.mySpaces ?? [];
  const known = new Set(spaces.map((space) => space.id));
  const roots = spaces.filter((space) => !space.parent || !known.has(space.parent.id));
  return (
    <>
      <div className="mt-4 flex items-center justify-between pr-1 pl-2.5">
        <h2 className="eyebrow">{words.shell.spaces}</h2>
        {viewer.canCreateSpaces && (
          <Link
            to="/spaces/new"
            aria-label={words.shell.newSpace}
            title={words.shell.newSpace}
            className="grid size-7 place-items-center rounded-md text-ink-soft hover:bg-ink/6 hover:text-ink"
          >
            <Plus aria-hidden className="size-4" />
          </Link>
        )}
      </div>
      {data && roots.length === 0 && <p className="px-2.5 text-[0.9rem] text-ink-soft">{words.shell.noSpaces}</p>}
      <ul className="flex flex-col gap-0.5">
        {roots.map((space) => (
          <Branch key={space.id} space={space} all={spaces} />
        ))}
      </ul>
    </>
  );
}

function Branch({ space, all }: { space: SidebarSpace; all: SidebarSpace[] }) {
  const children = all.filter((one) => one.parent?.id === space.id);
  return (
    <li>
      <Link to="/s/$space" params={{ space: space.nameId }} className={item}>
        <Tile name={space.name} />
        <span className="truncate">{space.name}</span>
      </Link>
      {children.length > 0 && (
        <ul className="mt-0.5 ml-5 flex flex-col gap-0.5 border-l pl-2">
          {children.map((child) => (
            <Branch key={child.id} space={child} all={all} />
          ))}
        </ul>
      )}
    </li>
  );
}
