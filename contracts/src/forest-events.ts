import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/** The forest has a new revision: replicas fetch what is new. Key: `forest`. */
export const ForestChanged = defineEvent('forest.changed', 1, z.object({ revision: z.number() }));
