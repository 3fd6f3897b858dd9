import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { houseRoute } from '#src/routes/house-route.tsx';

const operatorRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/operator',
  component: lazyRouteComponent(() => import('#src/pages/operator/operator-frame.tsx'), 'OperatorFrame'),
});
const children = [
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/',
    component: lazyRouteComponent(() => import('#src/pages/operator/people-page.tsx'), 'PeoplePage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/invitations',
    component: lazyRouteComponent(() => import('#src/pages/operator/invitations-page.tsx'), 'InvitationsPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/services',
    component: lazyRouteComponent(() => import('#src/pages/operator/services-page.tsx'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/events',
    component: lazyRouteComponent(() => import('#src/pages/operator/events-page.tsx'), 'EventsPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/graph',
    component: lazyRouteComponent(() => import('#src/pages/operator/graph-page.tsx'), 'GraphPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/backups',
    component: lazyRouteComponent(() => import('#src/pages/operator/backups-page.tsx'), 'BackupsPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/access',
    component: lazyRouteComponent(() => import('#src/pages/operator/operator-parts.tsx'), 'HouseAccessPage'),
  }),
  createRoute({
    getParentRoute: () => operatorRoute,
    path: '/audit',
    component: lazyRouteComponent(() => import('#src/pages/operator/operator-parts.tsx'), 'HouseAuditPage'),
  }),
];

export const operatorRoutes = [operatorRoute.addChildren(children)];
