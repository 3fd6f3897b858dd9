import { getRouteApi } from '@tanstack/react-router';
import { createContext, use } from 'react';
import type { SpaceDocument } from '#src/graph/documents-space.ts';
import type { ResultOf } from '#src/graph/tada.ts';

export type Space = ResultOf<typeof SpaceDocument>['space'];

export const spaceRouteApi = getRouteApi('/signed-in/house/s/$space');

export const SpaceContext = createContext<Space | undefined>(undefined);

/** The space whose page this is a part of. */
export function useSpace(): Space {
  const space = use(SpaceContext);
  if (!space) throw new Error('useSpace is for parts of a space’s page');
  return space;
}
