import { computeService } from '@steading/compute';
import { deployService } from '@steading/deploy';
import { forestService } from '@steading/forest-service';
import { gatewayService } from '@steading/gateway';
import { identityService } from '@steading/identity';
import { observeService } from '@steading/observe';
import type { ServiceDefinition } from '@steading/service';
import { spacesService } from '@steading/spaces';

/**
 * Every service of the house, in the order in which they start; the gateway comes last, when there is something
 * behind the door. A new service is one line here.
 */
export const catalogue: readonly ServiceDefinition[] = [
  forestService,
  identityService,
  spacesService,
  observeService,
  computeService,
  deployService,
  gatewayService,
] as readonly ServiceDefinition[];
