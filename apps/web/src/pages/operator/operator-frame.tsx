import { Outlet } from '@tanstack/react-router';
import { houseName, useSession } from '#src/session/session.tsx';
import { Frame } from '#src/shell/frame.tsx';
import { Empty } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** The house itself, for those who run it. */
export function OperatorFrame() {
  const words = useWords();
  const { viewer, house } = useSession();
  const text = words.operator;
  if (!viewer.isOperator)
    return (
      <Frame title={text.title}>
        <Empty title={words.problems.refusedTitle} text={text.noRight} />
      </Frame>
    );
  return (
    <Frame
      title={text.title}
      about={text.about(houseName(house, words.brand), house.version)}
      tabs={[
        { label: text.tabs.people, link: { to: '/operator' }, exact: true },
        { label: text.tabs.invitations, link: { to: '/operator/invitations' } },
        { label: text.tabs.services, link: { to: '/operator/services' } },
        { label: text.tabs.events, link: { to: '/operator/events' } },
        { label: text.tabs.graph, link: { to: '/operator/graph' } },
        { label: text.tabs.backups, link: { to: '/operator/backups' } },
        { label: text.tabs.access, link: { to: '/operator/access' } },
        { label: text.tabs.audit, link: { to: '/operator/audit' } },
      ]}
    >
      <Outlet />
    </Frame>
  );
}
