import type { ReactNode } from 'react';
import type { AuditEntry } from '#src/pages/audit/audit-page.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Facts } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const good = new Set(['ok', 'done', 'allowed', 'success']);

/** One entry: who did what to what; its particulars behind a fold. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const words = useWords();
  const text = words.access.audit;
  const facts: [string, ReactNode][] = [
    [text.through, entry.through ?? '–'],
    [text.address, entry.address ?? '–'],
    [text.request, <Code key="request">{entry.requestId}</Code>],
    [text.hash, <Code key="hash">{entry.hash}</Code>],
  ];
  if (entry.before !== null)
    facts.push([text.before, <Code key="before">{JSON.stringify(entry.before, null, 2)}</Code>]);
  if (entry.after !== null) facts.push([text.after, <Code key="after">{JSON.stringify(entry.after, null, 2)}</Code>]);
  return (
    <li>
      <details className="group">
        <summary className="flex list-none flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-sunken">
          <code className="w-56 font-mono text-[0.867rem] font-medium">{entry.action}</code>
          <span className="min-w-0 flex-1 basis-56">
            {actorOf(entry, text)} <span className="text-ink-soft">→ {entry.target}</span>
          </span>
          {!good.has(entry.result) && <StateBadge state={entry.result} />}
          <RelativeTime at={entry.at} className="text-[0.867rem] text-ink-soft" />
        </summary>
        <div className="border-t bg-sunken px-4 py-3">
          <Facts facts={facts} />
        </div>
      </details>
    </li>
  );
}

function actorOf(entry: AuditEntry, text: { house: string; nobody: string }): string {
  if (entry.actorPerson) return entry.actorPerson.name;
  if (entry.actor === 'anyone' || entry.actor === '') return text.nobody;
  return entry.actor.startsWith('service:') ? `${text.house} (${entry.actor.slice(8)})` : entry.actor;
}

function Code({ children }: { children: string }) {
  return <code className="font-mono text-[0.833rem] break-all whitespace-pre-wrap">{children}</code>;
}
