import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import type { ShownToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

/** Radix's toasts: announced to screen readers, dismissed by swipe, reached by F8. They bring no styles of their own. */
export function ToastRegion({ shown, onGone }: { shown: ShownToast[]; onGone: (key: number) => void }) {
  const words = useWords();
  return (
    <Toast.Provider label={words.shell.notifications} swipeDirection="right" duration={6_000}>
      {shown.map((one) => (
        <ToastCard key={one.key} message={one} onGone={() => onGone(one.key)} />
      ))}
      <Toast.Viewport
        label={`${words.shell.notifications} ({hotkey})`}
        className="fixed right-0 bottom-0 z-50 flex w-full max-w-sm flex-col gap-2 p-4 outline-none"
      />
    </Toast.Provider>
  );
}

function ToastCard({ message, onGone }: { message: ShownToast; onGone: () => void }) {
  const words = useWords();
  const Icon = message.bad ? TriangleAlert : CircleCheck;
  return (
    <Toast.Root
      onOpenChange={(open) => !open && onGone()}
      className="flex animate-arrive items-center gap-3 rounded-xl border bg-raised py-2.5 pr-2 pl-4 text-[0.933rem] shadow-float"
    >
      <Icon aria-hidden className={message.bad ? 'size-4.5 shrink-0 text-red' : 'size-4.5 shrink-0 text-green'} />
      <Toast.Description className="flex-1">{message.text}</Toast.Description>
      {message.action && (
        <Toast.Action
          altText={message.action.label}
          onClick={message.action.run}
          className="rounded-md px-2 py-1 font-medium text-green hover:bg-green-wash"
        >
          {message.action.label}
        </Toast.Action>
      )}
      <Toast.Close
        aria-label={words.actions.close}
        className="grid size-7 place-items-center rounded-md text-ink-soft hover:bg-ink/6"
      >
        <X aria-hidden className="size-4" />
      </Toast.Close>
    </Toast.Root>
  );
}
