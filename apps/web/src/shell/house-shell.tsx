import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Menu as MenuIcon, X } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useLive } from '#src/live/live-context.ts';
import { houseName, useSession } from '#src/session/session.tsx';
import { toggleTheme } from '#src/session/theme.ts';
import { BrandMark } from '#src/shell/brand.tsx';
import { ShellDeedsContext } from '#src/shell/shell-deeds.ts';
import { moveAmongRows, useShortcuts } from '#src/shell/shortcuts.ts';
import { Sidebar } from '#src/shell/sidebar.tsx';
import { IconButton } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { useWords } from '#src/words/words.tsx';

const Palette = lazy(() => import('#src/shell/palette.tsx').then((file) => ({ default: file.Palette })));
const ShortcutList = lazy(() =>
  import('#src/shell/shortcut-list.tsx').then((file) => ({ default: file.ShortcutList })),
);

/** What stands around every page behind sign-in: the sidebar, the sheet, the palette and the shortcuts. */
export function HouseShell() {
  const words = useWords();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [menu, setMenu] = useState(false);
  const live = useLive();
  useEffect(() => live.open(), [live]);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the phone's menu.
  useEffect(() => setMenu(false), [path]);
  useHouseKeys(
    () => setPalette(true),
    () => setHelp(true),
  );
  return (
    <ShellDeedsContext value={{ showPalette: () => setPalette(true), showShortcuts: () => setHelp(true) }}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-green focus:px-4 focus:py-2 focus:text-on-green"
      >
        {words.shell.skip}
      </a>
      <div className="lg:grid lg:grid-cols-[16.5rem_minmax(0,1fr)]">
        <PhoneBar open={menu} onToggle={() => setMenu(!menu)} />
        <aside
          className={`${menu ? 'fixed inset-x-0 top-13 bottom-0 z-30 bg-ground' : 'hidden'} lg:sticky lg:top-0 lg:z-20 lg:block lg:h-dvh`}
        >
          <Sidebar onSearch={() => setPalette(true)} />
        </aside>
        <div className="lg:py-2 lg:pr-2">
          <main
            id="content"
            tabIndex={-1}
            className="min-h-[calc(100dvh-3.25rem)] bg-sheet lg:min-h-[calc(100dvh-1rem)] lg:rounded-2xl lg:border lg:shadow-sheet"
          >
            <Outlet />
          </main>
        </div>
      </div>
      <Dialog open={palette} onClose={() => setPalette(false)} title={words.palette.title} wide bare>
        <Suspense>
          <Palette onDone={() => setPalette(false)} />
        </Suspense>
      </Dialog>
      <Dialog open={help} onClose={() => setHelp(false)} title={words.shortcuts.title}>
        <Suspense>
          <ShortcutList />
        </Suspense>
      </Dialog>
    </ShellDeedsContext>
  );
}

function PhoneBar({ open, onToggle }: { open: boolean; onToggle: () => void }) {
  const words = useWords();
  const { house } = useSession();
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-2.5 border-b bg-ground px-3 lg:hidden">
      <IconButton label={open ? words.shell.closeMenu : words.shell.menu} aria-expanded={open} onClick={onToggle}>
        {open ? <X aria-hidden className="size-5" /> : <MenuIcon aria-hidden className="size-5" />}
      </IconButton>
      <BrandMark className="size-6.5" />
      <span className="font-serif text-[1.133rem] font-semibold">{houseName(house, words.brand)}</span>
    </header>
  );
}

function useHouseKeys(showPalette: () => void, showHelp: () => void): void {
  const navigate = useNavigate();
  const { viewer } = useSession();
  useShortcuts({
    'mod+k': showPalette,
    '/': showPalette,
    '?': showHelp,
    'g h': () => void navigate({ to: '/' }),
    'g e': () => void navigate({ to: '/spaces' }),
    'g a': () => void navigate({ to: '/account' }),
    ...(viewer.isOperator && { 'g o': () => void navigate({ to: '/operator' }) }),
    ...(viewer.canCreateSpaces && { 'n s': () => void navigate({ to: '/spaces/new' }) }),
    t: toggleTheme,
    j: () => moveAmongRows(1),
    k: () => moveAmongRows(-1),
  });
}
