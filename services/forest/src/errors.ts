import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'forest.refused': { status: 409, text: '{why}' },
  'forest.more-than-own': {
    status: 403,
    text: 'You may only grant what you may do yourself: being {role} here is more than you have.',
  },
  'forest.last-owner': {
    status: 409,
    text: 'Nobody else could grant access here any more. Make somebody else owner first.',
  },
  'forest.unknown-role': { status: 400, text: '{role} is no role. Choose one of {roles}.' },
  'forest.unknown-privilege': {
    status: 400,
    text: '{privilege} is not something one can do here. Choose one of {privileges}.',
  },
  'forest.unknown-person': { status: 404, text: 'There is no such person. Check the id, or invite them first.' },
  'forest.past': { status: 400, text: 'The end must lie in the future.' },
  'forest.reason': { status: 400, text: 'Say why, in 1 to 500 characters: the person is told.' },
});
