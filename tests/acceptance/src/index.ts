export { serverApp } from '#src/app-sources.ts';
export { appsDomain, type HttpsHouse, houseName, startHttpsHouse } from '#src/https-house.ts';
export { type JoinAnswer, join, openLive } from '#src/live-connection.ts';
export { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
export { type HouseUnderTest, mainJob } from '#src/main-job-behaviour.ts';
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
export { type OpenSubscription, openSubscription } from '#src/subscription.ts';
