import { createContext, type ReactNode, use } from 'react';
import type { SessionDocument } from '#src/graph/documents-session.ts';
import type { ResultOf } from '#src/graph/tada.ts';

export type SessionAnswer = ResultOf<typeof SessionDocument>;
export type Viewer = NonNullable<SessionAnswer['viewer']>;
export type House = SessionAnswer['houseInfo'];

const SessionContext = createContext<{ viewer: Viewer; house: House } | undefined>(undefined);

export function SessionProvider(props: { viewer: Viewer; house: House; children: ReactNode }) {
  const { viewer, house, children } = props;
  return <SessionContext value={{ viewer, house }}>{children}</SessionContext>;
}

/** What the house is called on screen: its host, unless it has none of its own yet. */
export function houseName({ name }: House, brand: string): string {
  return name === '' || name === 'localhost' || /^[\d.:[\]]+$/.test(name) ? brand : name;
}

/** Who is signed in, and where. Only pages behind sign-in use it. */
export function useSession(): { viewer: Viewer; house: House } {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession is only for pages behind sign-in');
  return session;
}
