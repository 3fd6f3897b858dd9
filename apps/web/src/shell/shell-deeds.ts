import { createContext, use } from 'react';

export interface ShellDeeds {
  showPalette(): void;
  showShortcuts(): void;
}

export const ShellDeedsContext = createContext<ShellDeeds>({ showPalette: () => {}, showShortcuts: () => {} });

/** What the frame around every page can open. */
export function useShellDeeds(): ShellDeeds {
  return use(ShellDeedsContext);
}
