import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { Facts, Panel } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface Detection {
  builder: string;
  title: string;
  reasons: string[];
  node: string | null;
  commands: { install: string | null; build: string | null; start: string | null };
}

/** What the house found in the repository, why it thinks so, and which commands follow from it. */
export function DetectionView({ detection }: { detection: Detection }) {
  const words = useWords();
  const text = words.app.detail;
  const { install, build, start } = detection.commands;
  const facts: [string, ReactNode][] = (
    [
      [text.install, install],
      [text.build, build],
      [text.start, start],
    ] as const
  ).map(([name, command]) => [
    name,
    command ? (
      <code key={name} className="font-mono text-[0.867rem]">
        {command}
      </code>
    ) : (
      words.newApp.nothing
    ),
  ]);
  if (detection.node) facts.unshift([text.node, detection.node]);
  return (
    <Panel className="flex flex-col gap-4">
      <p className="font-medium">{detection.title}</p>
      <ul className="flex flex-col gap-1">
        {detection.reasons.map((reason) => (
          <li key={reason} className="flex items-start gap-2 text-[0.933rem] text-ink-soft">
            <Check aria-hidden className="mt-1 size-4 shrink-0 text-green" />
            {reason}
          </li>
        ))}
      </ul>
      <Facts facts={facts} />
    </Panel>
  );
}
