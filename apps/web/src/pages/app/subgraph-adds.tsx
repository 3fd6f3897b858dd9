import { useWords } from '#src/words/words.tsx';

/** What an app adds to the graph, by the names that others ask for. */
export function SubgraphAdds({ adds }: { adds: readonly string[] }) {
  const text = useWords().app.settings.graph;
  if (adds.length === 0) return null;
  return (
    <ul aria-label={text.adds} className="flex flex-wrap gap-x-4 gap-y-1 text-[0.867rem]">
      {adds.map((name) => (
        <li key={name} className="min-w-0">
          <code className="font-mono wrap-anywhere">{name}</code>
        </li>
      ))}
    </ul>
  );
}
