import { ChevronsUpDown } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useSession } from '#src/session/session.tsx';
import { Tile } from '#src/ui/avatar.tsx';
import { useWords } from '#src/words/words.tsx';

const loadList = () => import('#src/shell/account-menu-list.tsx');
const AccountMenuList = lazy(() => loadList().then((file) => ({ default: file.AccountMenuList })));

/** Oneself. The menu's code comes when somebody reaches for it: it is a tenth of what a first page may weigh. */
export function AccountMenu() {
  const words = useWords();
  const { viewer } = useSession();
  const [wanted, setWanted] = useState(false);
  const trigger = (
    <button
      type="button"
      aria-haspopup="menu"
      title={words.shell.you(viewer.person.name)}
      onPointerEnter={() => void loadList()}
      onFocus={() => void loadList()}
      {...(!wanted && { onClick: () => setWanted(true) })}
      className="flex items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-ink/6"
    >
      <Tile name={viewer.person.name} person />
      <span className="min-w-0 flex-1 truncate text-[0.933rem]">{viewer.person.name}</span>
      <ChevronsUpDown aria-hidden className="size-4 text-ink-soft" />
    </button>
  );
  if (!wanted) return trigger;
  return (
    <Suspense fallback={trigger}>
      <AccountMenuList trigger={trigger} />
    </Suspense>
  );
}
