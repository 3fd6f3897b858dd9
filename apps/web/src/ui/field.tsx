import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classNames } from '#src/ui/class-names.ts';

interface Labelled {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

function Frame(props: Labelled & { id: string; children: ReactNode }) {
  const { id, label, hint, error, children } = props;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-[0.9rem] font-medium">
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="text-[0.867rem] text-ink-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-[0.867rem] text-red">
          {error}
        </p>
      )}
    </div>
  );
}

function describe(id: string, { hint, error }: Labelled): { 'aria-describedby'?: string; 'aria-invalid'?: true } {
  const ids = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return { ...(ids && { 'aria-describedby': ids }), ...(error && { 'aria-invalid': true }) };
}

/** A line of text with its label, hint and mistake. Native constraints do the checking. */
export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const own = useId();
  const id = rest.id ?? own;
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input {...rest} id={id} {...describe(id, { label, hint, error })} className={classNames('control', className)} />
    </Frame>
  );
}

export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea
        {...rest}
        id={id}
        {...describe(id, { label, hint, error })}
        className={classNames('control', className)}
      />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...rest
}: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select {...rest} id={id} {...describe(id, { label, hint, error })} className={classNames('control', className)}>
        {children}
      </select>
    </Frame>
  );
}

/** A box to tick, its meaning beside it. */
export function CheckField({ label, hint, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5">
      <input
        {...rest}
        type="checkbox"
        id={id}
        {...describe(id, { label, hint })}
        className="mt-1 size-4 accent-green"
      />
      <div>
        <label htmlFor={id} className="text-[0.933rem] font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-[0.867rem] text-ink-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** What a form holds, as trimmed strings; an absent field is an empty string. */
export function formText(form: HTMLFormElement): (name: string) => string {
  const data = new FormData(form);
  return (name) => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
}
