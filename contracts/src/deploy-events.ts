import { defineEvent } from '@steading/bus';
import { z } from 'zod';

export const deploymentStates = [
  'queued',
  'cloning',
  'building',
  'pushing',
  'deploying',
  'verifying',
  'live',
  'failed',
  'cancelled',
  'superseded',
  'rolled-back',
] as const;
export type DeploymentState = (typeof deploymentStates)[number];

/** A deployment reached a state. Key: the app's id. */
export const DeploymentChanged = defineEvent(
  'deploy.deployment.changed',
  1,
  z.object({
    appId: z.string(),
    deploymentId: z.string(),
    number: z.number(),
    state: z.enum(deploymentStates),
    reason: z.string().optional(),
    commit: z.string().optional(),
    /** Milliseconds since 1970. */
    at: z.number(),
  }),
);

/** The route table has a new revision: gateways read it again. Key: `routes`. */
export const RoutesChanged = defineEvent('deploy.routes.changed', 1, z.object({ revision: z.number() }));

/** What apps give to the GraphQL endpoint has changed: gateways ask for it again. Key: the app's id. */
export const AppSubgraphsChanged = defineEvent('deploy.app-subgraphs.changed', 1, z.object({ appId: z.string() }));
