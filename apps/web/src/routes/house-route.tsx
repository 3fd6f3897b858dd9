import { createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { rootRoute } from '#src/routes/root-route.tsx';
import { SessionProvider } from '#src/session/session.tsx';
import { HouseShell } from '#src/shell/house-shell.tsx';

/** Everything behind sign-in. Asks once who is there; nobody means the sign-in page, and back afterwards. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const answer = await context.client.query(SessionDocument, {}, { requestPolicy: 'cache-first' }).toPromise();
    if (!answer.data) throw answer.error ?? new Error('The house gave no answer.');
    const { viewer, houseInfo } = answer.data;
    if (!viewer) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { return: location.href } });
    return { viewer, house: houseInfo };
  },
  component: function SignedIn() {
    const { viewer, house } = signedInRoute.useRouteContext();
    return (
      <SessionProvider viewer={viewer} house={house}>
        <Outlet />
      </SessionProvider>
    );
  },
});

/** The pages with the sidebar around them. */
export const houseRoute = createRoute({ getParentRoute: () => signedInRoute, id: 'house', component: HouseShell });

const homeRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/',
  component: lazyRouteComponent(() => import('#src/pages/home/home-page.tsx'), 'HomePage'),
});

const accountRoute = createRoute({
  getParentRoute: () => houseRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('#src/pages/account/account-frame.tsx'), 'AccountFrame'),
});
const accountChildren = [
  createRoute({
    getParentRoute: () => accountRoute,
    path: '/',
    component: lazyRouteComponent(() => import('#src/pages/account/profile-page.tsx'), 'ProfilePage'),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: '/sessions',
    component: lazyRouteComponent(() => import('#src/pages/account/sessions-page.tsx'), 'SessionsPage'),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: '/tokens',
    component: lazyRouteComponent(() => import('#src/pages/account/tokens-page.tsx'), 'TokensPage'),
  }),
];

/** Device approval stands alone: no sidebar, one question. */
export const deviceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/device',
  validateSearch: (search: Record<string, unknown>): { code?: string } =>
    typeof search.code === 'string' ? { code: search.code } : {},
  component: lazyRouteComponent(() => import('#src/pages/session/device-page.tsx'), 'DevicePage'),
});

export const personalRoutes = [homeRoute, accountRoute.addChildren(accountChildren)];
