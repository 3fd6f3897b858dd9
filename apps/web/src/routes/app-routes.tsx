import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { AppDocument, DeploymentDocument, DeploymentsDocument } from '#src/graph/documents-app.ts';
import { houseRoute } from '#src/routes/house-route.tsx';
import { ask } from '#src/routes/root-route.tsx';

const appRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/a/$appId',
  loader: ({ context, params }) => ask(context.client, AppDocument, { id: params.appId }),
  component: lazyRouteComponent(() => import('#src/pages/app/app-frame.tsx'), 'AppFrame'),
});
const parts = () => import('#src/pages/app/app-parts.tsx');
const children = [
  createRoute({
    getParentRoute: () => appRoute,
    path: '/',
    component: lazyRouteComponent(() => import('#src/pages/app/app-overview-page.tsx'), 'AppOverviewPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/deployments',
    loader: ({ context, params }) => ask(context.client, DeploymentsDocument, { appId: params.appId, after: null }),
    component: lazyRouteComponent(() => import('#src/pages/app/deployments-page.tsx'), 'DeploymentsPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/deployments/$deploymentId',
    loader: ({ context, params }) => ask(context.client, DeploymentDocument, { id: params.deploymentId }),
    component: lazyRouteComponent(() => import('#src/pages/app/deployment-page.tsx'), 'DeploymentPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/logs',
    component: lazyRouteComponent(() => import('#src/pages/app/logs-page.tsx'), 'LogsPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/instances',
    component: lazyRouteComponent(() => import('#src/pages/app/instances-page.tsx'), 'InstancesPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/variables',
    component: lazyRouteComponent(parts, 'AppVariablesPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/domains',
    component: lazyRouteComponent(() => import('#src/pages/app/domains-page.tsx'), 'DomainsPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/access',
    component: lazyRouteComponent(parts, 'AppAccessPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/audit',
    component: lazyRouteComponent(parts, 'AppAuditPage'),
  }),
  createRoute({
    getParentRoute: () => appRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('#src/pages/app/app-settings-page.tsx'), 'AppSettingsPage'),
  }),
];

export const appRoutes = [appRoute.addChildren(children)];
