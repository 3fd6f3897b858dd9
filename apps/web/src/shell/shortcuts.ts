import { useEffect, useRef } from 'react';

/** What each key, or sequence of two keys, does. `mod+k` is ⌘K or Ctrl K. */
export type Shortcuts = Record<string, () => void>;

const sequenceMs = 900;

/** Listens for shortcuts on the whole page; leaves typing in fields and open dialogs alone. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    let first = '';
    let firstAt = 0;
    const onKey = (event: KeyboardEvent) => {
      const mod = event.metaKey || event.ctrlKey;
      if (event.altKey || event.defaultPrevented) return;
      if (!mod && (isTyping(event.target) || document.querySelector('dialog[open],[role=menu]'))) return;
      const key = mod ? `mod+${event.key.toLowerCase()}` : event.key;
      const sequence = event.timeStamp - firstAt < sequenceMs ? `${first} ${key}` : '';
      const deed = current.current[sequence] ?? current.current[key];
      first = key;
      firstAt = event.timeStamp;
      if (!deed) return;
      event.preventDefault();
      first = '';
      deed();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Moves the focus among the rows of the page that are links. */
export function moveAmongRows(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const index = rows.indexOf(document.activeElement as HTMLElement);
  const next = index < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, index + step));
  rows[next]?.focus();
}
