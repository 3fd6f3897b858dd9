import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/**
 * Something that must be found again later. Told by every service in the transaction of what it did; kept, chained and
 * shown by observe. Key: the node, or the principal where there is no node.
 */
export const Audited = defineEvent(
  'audit.recorded',
  1,
  z.object({
    /** `deploy.variable-set`, `identity.signed-in`, `forest.granted`. */
    action: z.string(),
    /** The forest node it touched; decides who may read the entry. `platform` where there is no other. */
    node: z.string(),
    /** A short name of what was touched, for people. */
    target: z.string(),
    result: z.enum(['done', 'refused', 'failed']),
    /** Through which session, token, or break-glass. */
    through: z.string().optional(),
    address: z.string().optional(),
    userAgent: z.string().optional(),
    before: z.record(z.string(), z.unknown()).optional(),
    after: z.record(z.string(), z.unknown()).optional(),
  }),
);
