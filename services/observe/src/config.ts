import { z } from 'zod';

export const config = {
  STEADING_AUDIT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(365)
    .describe('how long the audit trail is kept, in days'),
  STEADING_EVENT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(365)
    .default(7)
    .describe('how long events that everybody has heard are kept, in days'),
};
