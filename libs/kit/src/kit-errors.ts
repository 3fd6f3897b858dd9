import { defineErrors } from '#src/errors.ts';

/** The errors that any part of the house may answer with. */
export const kitErrors = defineErrors({
  internal: {
    status: 500,
    text: 'Something went wrong here. Try again; if it stays, give your operator the request id.',
  },
  'bad-input': { status: 400, text: '{field}: {problem}' },
  unauthenticated: { status: 401, text: 'Sign in first, or send a valid token.' },
  forbidden: { status: 403, text: 'You may not do this here. {why}' },
  // One answer for what is not there and for what is hidden, whichever part notices first: the kind is for the log.
  'not-found': {
    status: 404,
    text: 'There is no such thing, or you may not see it. Check the address, or ask for access.',
    hidesDetails: true,
  },
  'method-not-allowed': {
    status: 405,
    text: 'This address does not take {method}. See the documentation for what it takes.',
  },
  conflict: { status: 409, text: '{what} was changed meanwhile. Load it again, then repeat your change.' },
  'answer-too-large': {
    status: 400,
    text: 'The answer is longer than the limit of {limit}. Ask for shorter lists, or for fewer fields.',
  },
  'too-large': { status: 413, text: 'That is larger than the limit of {limit}. Send less at once.' },
  'too-many-requests': { status: 429, text: 'Too many requests. Wait {seconds} seconds, then try again.' },
  'too-slow': {
    status: 429,
    text: 'You read more slowly than things happen, so this was ended. Read again from where you were.',
  },
  unavailable: { status: 503, text: '{what} cannot be reached right now. Try again in a moment.' },
  'deadline-exceeded': {
    status: 504,
    text: 'This took longer than {seconds} seconds and was given up. Try again, or ask for less.',
  },
  cancelled: { status: 499, text: 'The caller went away before the answer was ready.' },
});
