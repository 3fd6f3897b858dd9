import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/**
 * Everything of one app that runs now; always the whole list, so that a later one replaces an earlier one by
 * `revision`. Key: the app's id.
 */
export const InstancesChanged = defineEvent(
  'compute.instances.changed',
  1,
  z.object({
    appId: z.string(),
    revision: z.number(),
    instances: z.array(
      z.object({
        id: z.string(),
        generation: z.string(),
        state: z.enum(['starting', 'healthy', 'unhealthy', 'draining', 'stopped', 'failed']),
        /** `127.0.0.1:40123`; empty until it is known. */
        address: z.string(),
        /** While draining: when it will be stopped (milliseconds since 1970). */
        stopsMs: z.number().optional(),
        restarts: z.number(),
        reason: z.string().optional(),
      }),
    ),
  }),
);
