import type { ReactNode } from 'react';
import { classNames } from '#src/ui/class-names.ts';

/** A part of a page with its heading, and beside it what can be done there. */
export function Section(props: { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const { title, note, actions, children } = props;
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 className="text-[1.067rem] font-semibold">{title}</h2>
          {note && <p className="max-w-[68ch] text-[0.9rem] text-ink-soft">{note}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** A plain raised surface. */
export function Panel({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={classNames('rounded-xl border bg-raised p-4 sm:p-5', className)}>{children}</div>;
}

/** Rows under hairlines: the form that every list of things takes. */
export function Rows({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <ul aria-label={label} className="divide-y divide-line overflow-hidden rounded-xl border bg-raised">
      {children}
    </ul>
  );
}

/** One row; wraps where there is no room. */
export function Row({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <li className={classNames('relative flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-3', className)}>
      {children}
    </li>
  );
}

/** Names and values, side by side or, where it is narrow, one above the other. */
export function Facts({ facts, stacked }: { facts: [string, ReactNode][]; stacked?: boolean }) {
  return (
    <dl
      className={
        stacked ? 'flex flex-col gap-3 text-[0.933rem]' : 'grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-[0.933rem]'
      }
    >
      {facts.map(([name, value]) => (
        <div key={name} className={stacked ? '' : 'col-span-2 grid grid-cols-subgrid items-baseline'}>
          <dt className={stacked ? 'text-[0.867rem] text-ink-soft' : 'text-ink-soft'}>{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An empty list says what belongs there and how it comes to be. */
export function Empty(props: { title: string; text: ReactNode; icon?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-xl border border-dashed border-line-strong/60 px-6 py-10 text-center">
      {props.icon && <div className="mb-1 text-green [&>svg]:size-7">{props.icon}</div>}
      <p className="font-medium">{props.title}</p>
      <p className="max-w-[52ch] text-[0.933rem] text-ink-soft">{props.text}</p>
      {props.action && <div className="mt-3 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  );
}

/** A remark that matters: what is unusual here and what it means. */
export function Note({ children, tone = 'grey' }: { children: ReactNode; tone?: 'grey' | 'amber' | 'green' }) {
  const tones = {
    grey: 'bg-sunken border-line',
    amber: 'bg-amber-wash border-amber/30',
    green: 'bg-green-wash border-green/30',
  };
  return <div className={classNames('rounded-xl border px-4 py-3 text-[0.933rem]', tones[tone])}>{children}</div>;
}
