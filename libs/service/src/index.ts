export { cookiesNamed } from '#src/cookies.ts';
export { type House, type HouseOptions, loadServices, rehearseHouse, schemaOf, startHouse } from '#src/house.ts';
export { createRouter, type Router } from '#src/routes.ts';
export type {
  Doors,
  GraphOperation,
  Health,
  HouseSettings,
  HttpContext,
  HttpRoute,
  Job,
  LiveTopic,
  RouteAccess,
  ServiceContext,
  ServiceDefinition,
  ServiceHealth,
  ServiceParts,
  Succession,
} from '#src/service.ts';
export { defineService } from '#src/service.ts';
