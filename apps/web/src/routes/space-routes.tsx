import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { SpaceContentDocument, SpaceDocument } from '#src/graph/documents-space.ts';
import { houseRoute } from '#src/routes/house-route.tsx';
import { ask } from '#src/routes/root-route.tsx';

const exploreRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/spaces',
  component: lazyRouteComponent(() => import('#src/pages/space/explore-page.tsx'), 'ExplorePage'),
});
const newSpaceRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/spaces/new',
  validateSearch: (search: Record<string, unknown>): { parent?: string } =>
    typeof search.parent === 'string' ? { parent: search.parent } : {},
  component: lazyRouteComponent(() => import('#src/pages/space/new-space-page.tsx'), 'NewSpacePage'),
});
const spaceRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/s/$space',
  loader: ({ context, params }) => {
    ask(context.client, SpaceDocument, { nameId: params.space });
    ask(context.client, SpaceContentDocument, { nameId: params.space });
  },
  component: lazyRouteComponent(() => import('#src/pages/space/space-frame.tsx'), 'SpaceFrame'),
});
const children = [
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/',
    component: lazyRouteComponent(() => import('#src/pages/space/overview-page.tsx'), 'SpaceOverviewPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/subspaces',
    component: lazyRouteComponent(() => import('#src/pages/space/subspaces-page.tsx'), 'SubspacesPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/projects',
    component: lazyRouteComponent(() => import('#src/pages/space/projects-page.tsx'), 'ProjectsPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/members',
    component: lazyRouteComponent(() => import('#src/pages/space/members-page.tsx'), 'MembersPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/access',
    component: lazyRouteComponent(() => import('#src/pages/space/space-parts.tsx'), 'SpaceAccessPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/audit',
    component: lazyRouteComponent(() => import('#src/pages/space/space-parts.tsx'), 'SpaceAuditPage'),
  }),
  createRoute({
    getParentRoute: () => spaceRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('#src/pages/space/settings-page.tsx'), 'SpaceSettingsPage'),
  }),
];

export const spaceRoutes = [exploreRoute, newSpaceRoute, spaceRoute.addChildren(children)];
