import { Link, type LinkProps } from '@tanstack/react-router';
import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classNames } from '#src/ui/class-names.ts';

type Variant = 'primary' | 'plain' | 'quiet' | 'danger';

const variants: Record<Variant, string> = {
  primary: 'bg-green text-on-green hover:bg-green-deep border-transparent',
  plain: 'bg-raised text-ink border-line-strong/60 hover:border-line-strong hover:bg-sunken',
  quiet: 'text-ink-soft border-transparent hover:bg-ink/6 hover:text-ink',
  danger: 'bg-raised text-red border-red/50 hover:bg-red-wash hover:border-red',
};

const shape =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg border font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-55';

interface Looks {
  variant?: Variant;
  small?: boolean;
}

function looks({ variant = 'plain', small = false }: Looks, extra?: string): string {
  const size = small ? 'min-h-8 px-2.5 text-[0.867rem]' : 'min-h-9.5 px-3.5 text-[0.933rem]';
  return classNames(shape, variants[variant], size, extra);
}

interface ButtonProps extends Looks, ButtonHTMLAttributes<HTMLButtonElement> {
  busy?: boolean;
}

/** A deed. While busy it says so and takes no second press. */
export function Button({ variant, small, busy, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={busy || rest.disabled}
      aria-busy={busy || undefined}
      className={looks({ ...(variant && { variant }), ...(small && { small }) }, className)}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

/** A way to another page that looks like a button. */
export function ButtonLink({ variant, small, children, ...link }: Looks & LinkProps & { children: ReactNode }) {
  return (
    <Link {...link} className={looks({ ...(variant && { variant }), ...(small && { small }) })}>
      {children}
    </Link>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
}

/** A button of one icon; its label is spoken and shown on hover. */
export function IconButton({ label, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classNames(
        'inline-grid size-8 shrink-0 place-items-center rounded-lg text-ink-soft hover:bg-ink/6 hover:text-ink',
        className,
      )}
    >
      {children}
    </button>
  );
}
