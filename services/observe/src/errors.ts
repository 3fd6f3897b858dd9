import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'observe.bad-cursor': { status: 400, text: 'That page marker is not one of ours. Begin again without "after".' },
  'observe.no-such-letter': {
    status: 404,
    text: 'There is no such dead letter: it was replayed or discarded meanwhile. Load the list again.',
  },
});
