import { Fragment } from 'react';
import { useSession } from '#src/session/session.tsx';
import { modifierKey } from '#src/shell/modifier-key.ts';
import { useWords } from '#src/words/words.tsx';

/** Every shortcut, so that nobody has to guess. */
export function ShortcutList() {
  const words = useWords();
  const { viewer } = useSession();
  const text = words.shortcuts;
  const list: [string, string][] = [
    [`${modifierKey} K`, text.palette],
    ['?', text.help],
    ['g h', text.home],
    ['g e', text.explore],
    ['g a', text.account],
    ...(viewer.isOperator ? [['g o', text.operator] as [string, string]] : []),
    ...(viewer.canCreateSpaces ? [['n s', text.newSpace] as [string, string]] : []),
    ['t', text.theme],
    ['j', text.next],
    ['k', text.previous],
  ];
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-2.5">
      {list.map(([keys, label]) => (
        <Fragment key={keys}>
          <dt>{label}</dt>
          <dd className="flex items-center gap-1">
            {keys.split(' ').map((key) => (
              <kbd
                key={key}
                className="min-w-7 rounded-md border border-line-strong/60 bg-raised px-1.5 py-0.5 text-center font-sans text-[0.867rem]"
              >
                {key}
              </kbd>
            ))}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
