import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '#src/ui/button.tsx';
import { useWords } from '#src/words/words.tsx';

/** Copies a text and says so for two seconds. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const words = useWords();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <IconButton label={done ? words.actions.copied : (label ?? words.actions.copy)} onClick={() => void copy()}>
      {done ? <Check aria-hidden className="size-4 text-green" /> : <Copy aria-hidden className="size-4" />}
    </IconButton>
  );
}

/** A value to be taken elsewhere: a key, a record, a link. */
export function CopyLine({ value, label }: { value: string; label: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-[0.867rem] text-ink-soft">{label}</span>
      <div className="flex items-center gap-1 rounded-lg border bg-sunken py-0.5 pr-1 pl-3">
        <code className="min-w-0 flex-1 py-1 font-mono text-[0.833rem] break-all">{value}</code>
        <CopyButton text={value} />
      </div>
    </div>
  );
}
