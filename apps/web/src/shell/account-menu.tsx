import { useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown, Keyboard, LogOut, UserRound } from 'lucide-react';
import { rest } from '#src/graph/rest.ts';
import { useSession } from '#src/session/session.tsx';
import { setTheme, useTheme } from '#src/session/theme.ts';
import { useShellDeeds } from '#src/shell/shell-deeds.ts';
import { Tile } from '#src/ui/avatar.tsx';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '#src/ui/menu.tsx';
import { useWords } from '#src/words/words.tsx';

/** Ends this session and starts over with an empty page, so that nothing of the person stays in memory. */
export async function signOut(): Promise<void> {
  await rest('POST', '/auth/sign-out', {}).catch(() => {});
  location.assign('/sign-in');
}

/** Oneself: account, colours, shortcuts, way out. */
export function AccountMenu() {
  const words = useWords();
  const { viewer } = useSession();
  const theme = useTheme();
  const navigate = useNavigate();
  const { showShortcuts } = useShellDeeds();
  const trigger = (
    <button
      type="button"
      title={words.shell.you(viewer.person.name)}
      className="flex items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-ink/6"
    >
      <Tile name={viewer.person.name} person />
      <span className="min-w-0 flex-1 truncate text-[0.933rem]">{viewer.person.name}</span>
      <ChevronsUpDown aria-hidden className="size-4 text-ink-soft" />
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
      <MenuItem onSelect={() => void navigate({ to: '/account' })}>
        <UserRound aria-hidden className="size-4" /> {words.shell.account}
      </MenuItem>
      <MenuItem onSelect={showShortcuts}>
        <Keyboard aria-hidden className="size-4" /> {words.shell.shortcuts}
      </MenuItem>
      <MenuLine />
      <MenuLabel>{words.shell.theme}</MenuLabel>
      <MenuChoice
        value={theme}
        onChoose={setTheme}
        choices={[
          ['system', words.shell.themeSystem],
          ['light', words.shell.themeLight],
          ['dark', words.shell.themeDark],
        ]}
      />
      <MenuLine />
      <MenuItem onSelect={() => void signOut()}>
        <LogOut aria-hidden className="size-4" /> {words.shell.signOut}
      </MenuItem>
    </Menu>
  );
}
