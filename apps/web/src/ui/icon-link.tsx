import type { ReactNode } from 'react';

/** A way out of the house in one icon; opens beside this page and tells the other side nothing of it. */
export function IconLink({ href, label, children }: { href: string; label: string; children: ReactNode }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      aria-label={label}
      title={label}
      className="inline-grid size-8 place-items-center rounded-lg text-ink-soft hover:bg-ink/6 hover:text-ink"
    >
      {children}
    </a>
  );
}
