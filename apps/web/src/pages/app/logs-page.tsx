import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useLiveLog } from '#src/live/use-live-log.ts';
import { LogLines } from '#src/pages/app/log-lines.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { Empty, Note, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** What the running app writes, as it writes it. */
export function LogsPage() {
  const words = useWords();
  const app = useApp();
  if (!app.may.readLogs) return <Note>{words.app.logs.noRight}</Note>;
  return <Following appId={app.id} />;
}

function Following({ appId }: { appId: string }) {
  const words = useWords();
  const text = words.app.logs;
  const log = useLiveLog('app-log', appId);
  const [follow, setFollow] = useState(true);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const lines = wanted ? log.lines.filter((line) => line.text.toLowerCase().includes(wanted)) : log.lines;
  return (
    <Section
      title={text.title}
      actions={
        <>
          <input
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            placeholder={text.search}
            aria-label={text.search}
            className="control w-56"
          />
          <label className="flex items-center gap-1.5 text-[0.9rem]">
            <input
              type="checkbox"
              checked={follow}
              onChange={(event) => setFollow(event.target.checked)}
              className="accent-green"
            />
            {words.app.detail.follow}
          </label>
        </>
      }
    >
      {log.left !== undefined && <Note tone="amber">{text.leftReasons[log.left] ?? (log.left || text.left)}</Note>}
      {log.lines.length > 0 && !log.connected && <Note tone="amber">{words.app.detail.reconnecting}</Note>}
      {lines.length === 0 ? (
        <Empty icon={<ScrollText aria-hidden />} title={text.emptyTitle} text={text.empty} />
      ) : (
        <LogLines lines={lines} label={text.title} follow={follow} onFollow={setFollow} tall />
      )}
    </Section>
  );
}
