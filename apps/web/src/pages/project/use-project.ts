import { getRouteApi } from '@tanstack/react-router';
import { createContext, use } from 'react';
import type { ProjectDocument } from '#src/graph/documents-app.ts';
import type { ResultOf } from '#src/graph/tada.ts';

export type Project = ResultOf<typeof ProjectDocument>['project'];

export const projectRouteApi = getRouteApi('/signed-in/house/p/$projectId');

export const ProjectContext = createContext<Project | undefined>(undefined);

/** The project whose page this is a part of. */
export function useProject(): Project {
  const project = use(ProjectContext);
  if (!project) throw new Error('useProject is for parts of a project’s page');
  return project;
}
