export { serverApp } from '#src/app-sources.ts';
export { appSubgraph } from '#src/app-subgraph-behaviour.ts';
export { hostileInput } from '#src/hostile-behaviour.ts';
export type { HouseUnderTest, OpenHouse, StartHouse } from '#src/house-under-test.ts';
export { appsDomain, type HttpsHouse, houseName, startHttpsHouse } from '#src/https-house.ts';
export { type JoinAnswer, join, openLive } from '#src/live-connection.ts';
export { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
export { mainJob } from '#src/main-job-behaviour.ts';
export {
  claimHouse,
  createPerson,
  type DeploymentView,
  deploymentEnds,
  type Person,
  password,
  registerPerson,
} from '#src/person.ts';
export { freePorts, type RunningShape, type Shape, shapes, startShape } from '#src/shapes.ts';
export { strangers } from '#src/strangers-behaviour.ts';
export { type OpenSubscription, openSubscription } from '#src/subscription.ts';
