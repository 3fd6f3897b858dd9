import { createContext, use } from 'react';
import type { LiveConnection } from '#src/live/live-connection.ts';

const silent: LiveConnection = { open: () => {}, follow: () => () => {} };

export const LiveContext = createContext<LiveConnection>(silent);

/** The page's one live line. */
export function useLive(): LiveConnection {
  return use(LiveContext);
}
