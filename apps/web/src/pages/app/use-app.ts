import { getRouteApi } from '@tanstack/react-router';
import { createContext, use } from 'react';
import type { AppDocument } from '#src/graph/documents-app.ts';
import type { ResultOf } from '#src/graph/tada.ts';

export type App = ResultOf<typeof AppDocument>['app'];

export const appRouteApi = getRouteApi('/signed-in/house/a/$appId');

export const AppContext = createContext<App | undefined>(undefined);

/** The app whose page this is a part of. */
export function useApp(): App {
  const app = use(AppContext);
  if (!app) throw new Error('useApp is for parts of an app’s page');
  return app;
}

const ended = new Set(['live', 'failed', 'cancelled', 'superseded', 'rolled-back']);

/** Whether a deployment of this state still changes by itself. */
export function isUnderWay(state: string): boolean {
  return !ended.has(state);
}
