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
  ServiceParts,
} from '#src/service.ts';
export { defineService } from '#src/service.ts';
