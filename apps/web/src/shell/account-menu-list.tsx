import { useNavigate } from '@tanstack/react-router';
import { Keyboard, LogOut, UserRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { signOut } from '#src/session/sign-out.ts';
import { setTheme, useTheme } from '#src/session/theme.ts';
import { useShellDeeds } from '#src/shell/shell-deeds.ts';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '#src/ui/menu.tsx';
import { useWords } from '#src/words/words.tsx';

/** Account, colours, shortcuts, way out. */
export function AccountMenuList({ trigger }: { trigger: ReactNode }) {
  const words = useWords();
  const theme = useTheme();
  const navigate = useNavigate();
  const { showShortcuts } = useShellDeeds();
  return (
    <Menu trigger={trigger} align="start" startsOpen>
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
