import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from '#src/ui/button.tsx';
import { classNames } from '#src/ui/class-names.ts';
import { useWords } from '#src/words/words.tsx';

interface DialogProps {
  open: boolean;
  onClose(): void;
  title: string;
  children: ReactNode;
  wide?: boolean;
  /** Leaves title and padding to the content; the title is still spoken. */
  bare?: boolean;
}

/**
 * A window over the page, by the browser's own `<dialog>`: it keeps the focus, makes the rest inert and closes with
 * Escape. Radix's dialog injects a `<style>` to lock scrolling, which our content security policy refuses.
 */
export function Dialog({ open, onClose, title, children, wide, bare }: DialogProps) {
  const words = useWords();
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (open && dialog && !dialog.open) {
      dialog.showModal();
      // The browser would focus the way out; who opened a form wants to type.
      dialog.querySelector<HTMLElement>('input, select, textarea')?.focus();
    }
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a press on the backdrop; the keyboard's way out is Escape.
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && element.current?.close()}
      className={classNames(
        'w-[calc(100vw-2rem)] overflow-visible rounded-2xl border bg-sheet p-0 shadow-float open:animate-arrive',
        wide ? 'max-w-2xl' : 'max-w-md',
        bare && 'mt-[12vh]',
      )}
    >
      {open && (
        <div className={bare ? '' : 'flex max-h-[85dvh] flex-col gap-4 overflow-y-auto p-5 sm:p-6'}>
          <div className={bare ? 'sr-only' : 'flex items-start justify-between gap-4'}>
            <h2 id={titleId} className="font-serif text-[1.3rem] leading-tight font-semibold">
              {title}
            </h2>
            {!bare && (
              <IconButton label={words.actions.close} onClick={() => element.current?.close()} className="-mt-1 -mr-2">
                <X aria-hidden className="size-4.5" />
              </IconButton>
            )}
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}
