import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'observe.backup-refused': { status: 409, text: '{problem}' },
  'observe.bad-cursor': { status: 400, text: 'That page marker is not one of ours. Begin again without "after".' },
  'observe.listener-gone': {
    status: 409,
    text: 'The listener that gave this event up is no part of the house any more, so nobody would take it. Discard it.',
  },
  'observe.no-such-letter': {
    status: 404,
    text: 'There is no such dead letter: it was replayed or discarded meanwhile. Load the list again.',
  },
});
