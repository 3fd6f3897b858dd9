import type { ReactNode } from 'react';
import { Panel } from '#src/ui/surface.tsx';

/** One numbered step of several. */
export function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3">
      <h2 className="flex items-center gap-3 text-[1.067rem] font-semibold">
        <span
          aria-hidden
          className="grid size-7 place-items-center rounded-full bg-green-wash text-[0.933rem] text-green-deep"
        >
          {number}
        </span>
        {title}
      </h2>
      <Panel>{children}</Panel>
    </section>
  );
}
