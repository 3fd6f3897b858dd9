import { CircleCheck, CircleX } from 'lucide-react';
import { spoken } from '#src/pages/access/spoken.ts';

interface ExplanationProps {
  /** Whom it is about; the reader when not given. */
  name?: string | undefined;
  explanation: { allowed: boolean; text: string; steps: { what: string; text: string; nodeName: string | null }[] };
}

/** Why somebody may or may not, step by step through the forest. */
export function Explanation({ explanation, name }: ExplanationProps) {
  const Icon = explanation.allowed ? CircleCheck : CircleX;
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-start gap-2.5 font-medium">
        <Icon
          aria-hidden
          className={explanation.allowed ? 'mt-0.5 size-5 shrink-0 text-green' : 'mt-0.5 size-5 shrink-0 text-red'}
        />
        {spoken(explanation.text, name)}
      </p>
      {explanation.steps.length > 0 && (
        <ol className="flex flex-col">
          {explanation.steps.map((step, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity beside their place.
              key={index}
              className="relative border-l-2 border-line-strong/40 py-1.5 pl-4 text-[0.933rem] before:absolute before:top-3.5 before:-left-[5px] before:size-2 before:rounded-full before:bg-line-strong"
            >
              {spoken(step.text, name)}
              {step.nodeName && !step.text.includes(step.nodeName) && (
                <span className="text-ink-soft"> ({step.nodeName})</span>
              )}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
