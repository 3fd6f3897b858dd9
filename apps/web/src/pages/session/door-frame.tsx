import { type ReactNode, useEffect } from 'react';
import { BrandMark } from '#src/shell/brand.tsx';
import { useWords } from '#src/words/words.tsx';

/** The page before the house: one question in the middle, the house's sign above. */
export function DoorFrame({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  const words = useWords();
  useEffect(() => {
    document.title = `${title} · ${words.brand}`;
  }, [title, words]);
  return (
    <div className="grid min-h-dvh grid-rows-[1fr_auto] px-4">
      <main className="mx-auto flex w-full max-w-104 flex-col justify-center py-10">
        <div className="mb-7 flex items-center gap-3">
          <BrandMark className="size-10" />
          <span className="font-serif text-[1.4rem] font-semibold">{words.brand}</span>
        </div>
        <div className="flex flex-col gap-5 rounded-2xl border bg-sheet p-6 shadow-sheet sm:p-8">
          <div className="flex flex-col gap-1.5">
            <h1 className="text-[1.6rem] leading-tight">{title}</h1>
            {text && <p className="text-ink-soft">{text}</p>}
          </div>
          {children}
        </div>
      </main>
      <footer className="pb-6 text-center text-[0.867rem] text-ink-soft">{words.session.aside}</footer>
    </div>
  );
}
