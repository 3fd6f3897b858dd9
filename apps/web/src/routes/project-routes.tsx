import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { ProjectDocument } from '#src/graph/documents-app.ts';
import { houseRoute } from '#src/routes/house-route.tsx';
import { ask } from '#src/routes/root-route.tsx';

const newAppRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/p/$projectId/new-app',
  component: lazyRouteComponent(() => import('#src/pages/new-app/new-app-page.tsx'), 'NewAppPage'),
});
const projectRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/p/$projectId',
  loader: ({ context, params }) => ask(context.client, ProjectDocument, { id: params.projectId }),
  component: lazyRouteComponent(() => import('#src/pages/project/project-frame.tsx'), 'ProjectFrame'),
});
const parts = () => import('#src/pages/project/project-parts.tsx');
const children = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/',
    component: lazyRouteComponent(() => import('#src/pages/project/project-apps-page.tsx'), 'ProjectAppsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/environments',
    component: lazyRouteComponent(() => import('#src/pages/project/environments-page.tsx'), 'EnvironmentsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/variables',
    component: lazyRouteComponent(parts, 'ProjectVariablesPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/access',
    component: lazyRouteComponent(parts, 'ProjectAccessPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/audit',
    component: lazyRouteComponent(parts, 'ProjectAuditPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('#src/pages/project/project-settings-page.tsx'), 'ProjectSettingsPage'),
  }),
];

export const projectRoutes = [newAppRoute, projectRoute.addChildren(children)];
