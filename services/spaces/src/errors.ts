import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'spaces.name-taken': { status: 409, text: 'Choose another address: {nameId} is taken.' },
  'spaces.name-reserved': {
    status: 400,
    text: 'Choose another address: {nameId} is a word that the house uses itself.',
  },
  'spaces.too-deep': {
    status: 409,
    text: 'A space has at most three levels. Make the new space beside this one instead of below it.',
  },
  'spaces.too-many': {
    status: 409,
    text: 'There are {most} spaces here already. Remove one that is not used any more.',
  },
  'spaces.role-full': {
    status: 409,
    text: 'This space has {most} people with the role {role} already. Give one of them another role first.',
  },
  'spaces.last-owner': {
    status: 409,
    text: 'A space needs an owner. Make somebody else an owner of {name} first.',
  },
  'spaces.role-above-yours': {
    status: 403,
    text: 'You may not give or take the role {role} here. Ask an owner of the space.',
  },
  'spaces.not-member-above': {
    status: 409,
    text: 'Whoever takes part here must be a member of {name} first. Invite them there.',
  },
  'spaces.not-a-member': { status: 404, text: 'This person is not a member here. Load the list again.' },
  'spaces.already-member': { status: 409, text: 'This person is a member already. Change their role instead.' },
  'spaces.already-invited': {
    status: 409,
    text: 'This address is invited already. Withdraw that invitation before making another.',
  },
  'spaces.too-many-invitations': {
    status: 409,
    text: 'There are {most} open invitations here. Withdraw some that are no longer needed.',
  },
  'spaces.invitation-gone': {
    status: 409,
    text: 'This invitation was answered or withdrawn already. Load the list again.',
  },
  'spaces.not-open': { status: 403, text: 'This space takes members by invitation. Ask one of its leads for one.' },
  'spaces.not-active': {
    status: 409,
    text: 'This space is {visibility}. Set it to active before changing who takes part.',
  },
});
