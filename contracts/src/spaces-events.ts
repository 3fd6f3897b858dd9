import { defineEvent } from '@steading/bus';
import { z } from 'zod';

/** Key: the space's id. What hangs under it goes too. */
export const SpaceRemoved = defineEvent('spaces.space.removed', 1, z.object({ spaceId: z.string() }));
