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
  'forest.unknown-kind': {
    status: 400,
    text: '{kind} is no kind of thing that any service of this house keeps. Register it with its service first.',
  },
  'forest.unknown-operation': {
    status: 400,
    text: 'The list has an operation that this version does not know. Bring the forest service up to date first.',
  },
  'forest.list': { status: 400, text: 'Send between 1 and {most} operations in one list.' },
  'forest.inherit': { status: 400, text: 'Write open or sealed.' },
  'forest.own-block': { status: 403, text: 'You are the one who is blocked. Ask somebody else who may grant here.' },
  'forest.glass-minutes': { status: 400, text: 'Break the glass for 1 to {most} minutes.' },
  'forest.unknown-person': { status: 404, text: 'There is no such person. Check the id, or invite them first.' },
  'forest.past': { status: 400, text: 'The end must lie in the future.' },
  'forest.reason': { status: 400, text: 'Say why, in 1 to 500 characters: those whom it concerns are told.' },
});
