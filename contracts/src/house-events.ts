import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/** Key: the service's name. It is up, or its part of the graph is another: gateways ask it for its SDL at once. */
export const SubgraphChanged = defineEvent('house.subgraph.changed', 1, z.object({ service: z.string() }));
