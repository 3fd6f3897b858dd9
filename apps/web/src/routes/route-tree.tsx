import { appRoutes } from '#src/routes/app-routes.tsx';
import { deviceRoute, houseRoute, personalRoutes, signedInRoute } from '#src/routes/house-route.tsx';
import { operatorRoutes } from '#src/routes/operator-routes.tsx';
import { projectRoutes } from '#src/routes/project-routes.tsx';
import { publicRoutes } from '#src/routes/public-routes.tsx';
import { rootRoute } from '#src/routes/root-route.tsx';
import { spaceRoutes } from '#src/routes/space-routes.tsx';

/** Every address of the app. */
export const routeTree = rootRoute.addChildren([
  ...publicRoutes,
  signedInRoute.addChildren([
    deviceRoute,
    houseRoute.addChildren([...personalRoutes, ...spaceRoutes, ...projectRoutes, ...appRoutes, ...operatorRoutes]),
  ]),
]);
