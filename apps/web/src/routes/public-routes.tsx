import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '#src/routes/root-route.tsx';

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { return?: string; error?: string } => ({
    ...(typeof search.return === 'string' && { return: search.return }),
    ...(typeof search.error === 'string' && { error: search.error }),
  }),
  component: lazyRouteComponent(() => import('#src/pages/session/sign-in-page.tsx'), 'SignInPage'),
});
const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('#src/pages/session/setup-page.tsx'), 'SetupPage'),
});
const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/register',
  component: lazyRouteComponent(() => import('#src/pages/session/register-page.tsx'), 'RegisterPage'),
});
const forgotRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/forgot',
  component: lazyRouteComponent(() => import('#src/pages/session/forgot-page.tsx'), 'ForgotPage'),
});
const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reset',
  component: lazyRouteComponent(() => import('#src/pages/session/reset-page.tsx'), 'ResetPage'),
});

/** Pages for those who are not signed in. */
export const publicRoutes = [signInRoute, setupRoute, registerRoute, forgotRoute, resetRoute];
