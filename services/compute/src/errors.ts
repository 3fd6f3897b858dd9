import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'compute.bad-request': { status: 400, text: 'Send this right: {problem}' },
  'compute.services-only': {
    status: 403,
    text: 'Only services of the house ask this. Use the deployments of the app.',
  },
  'compute.release-unknown': {
    status: 404,
    text: 'There is no release {releaseId} of this app any more. Deploy the commit again.',
  },
  'compute.generation-unknown': { status: 404, text: 'Nothing is known of the rollout {generation}. Deploy again.' },
  'compute.generation-old': {
    status: 409,
    text: 'A newer deployment than {generation} was asked for already. Deploy again to replace it.',
  },
});
