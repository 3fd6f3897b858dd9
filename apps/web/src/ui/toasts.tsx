import { createContext, lazy, type ReactNode, Suspense, use, useCallback, useState } from 'react';

export interface ToastMessage {
  text: string;
  bad?: boolean;
  action?: { label: string; run(): void };
}
export interface ShownToast extends ToastMessage {
  key: number;
}

const ToastRegion = lazy(() => import('#src/ui/toast-region.tsx').then((file) => ({ default: file.ToastRegion })));

const ToastContext = createContext<(message: ToastMessage) => void>(() => {});

/** Says a short thing in the corner, with at most one deed (undo). Errors of forms belong beside the form instead. */
export function useToast(): (message: ToastMessage) => void {
  return use(ToastContext);
}

/** Keeps what is being said; the region that shows it is loaded with the first toast. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<ShownToast[]>([]);
  const [used, setUsed] = useState(false);
  const say = useCallback((message: ToastMessage) => {
    setUsed(true);
    setShown((before) => [...before.slice(-2), { ...message, key: Date.now() + Math.random() }]);
  }, []);
  const drop = useCallback((key: number) => setShown((before) => before.filter((one) => one.key !== key)), []);
  return (
    <ToastContext value={say}>
      {children}
      {used && (
        <Suspense>
          <ToastRegion shown={shown} onGone={drop} />
        </Suspense>
      )}
    </ToastContext>
  );
}
