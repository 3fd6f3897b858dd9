import { Outlet } from '@tanstack/react-router';
import { useSession } from '#src/session/session.tsx';
import { Frame } from '#src/shell/frame.tsx';
import { useWords } from '#src/words/words.tsx';

/** What belongs to the person alone. */
export function AccountFrame() {
  const words = useWords();
  const { viewer } = useSession();
  const text = words.account.tabs;
  return (
    <Frame
      title={words.account.title}
      about={viewer.person.email ?? viewer.person.name}
      tabs={[
        { label: text.profile, link: { to: '/account' }, exact: true },
        { label: text.sessions, link: { to: '/account/sessions' } },
        { label: text.tokens, link: { to: '/account/tokens' } },
      ]}
    >
      <Outlet />
    </Frame>
  );
}
