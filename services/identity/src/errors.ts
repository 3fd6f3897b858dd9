import { defineErrors } from '@steading/kit';

export const fail = defineErrors({
  'identity.setup-link-invalid': {
    status: 403,
    text: 'This set-up link is not valid any more. Restart the house to get a new one, and open the newest.',
  },
  'identity.already-set-up': { status: 409, text: 'This house has its first operator already. Sign in instead.' },
  'identity.wrong-credentials': {
    status: 401,
    text: 'The e-mail address or the password is wrong. Try again, or ask for a new password.',
  },
  'identity.locked': {
    status: 429,
    text: 'Too many wrong tries. Wait {seconds} seconds before the next, or ask for a new password.',
  },
  'identity.busy': { status: 503, text: 'Too many people are signing in right now. Try again in a moment.' },
  'identity.suspended': { status: 403, text: 'This account is suspended. Ask an operator of this house.' },
  'identity.password-too-short': { status: 400, text: 'Choose a longer password: at least {least} characters.' },
  'identity.password-too-long': { status: 400, text: 'Choose a shorter password: at most {most} bytes.' },
  'identity.password-too-common': {
    status: 400,
    text: 'Choose another password: this one is among the first that an attacker tries.',
  },
  'identity.email-taken': { status: 409, text: 'There is an account with this address. Sign in instead.' },
  'identity.invitation-invalid': {
    status: 410,
    text: 'This invitation was used, withdrawn, or has expired. Ask whoever invited you for a new one.',
  },
  'identity.invitation-not-open': {
    status: 409,
    text: 'This invitation was answered or withdrawn already. Load the list again.',
  },
  'identity.registration-closed': { status: 403, text: 'This house takes no new people. Ask an operator.' },
  'identity.too-many-invitations': {
    status: 429,
    text: 'There are {most} open invitations already. Withdraw some that are no longer needed.',
  },
  'identity.reset-invalid': {
    status: 410,
    text: 'This link was used or has expired. Ask for a new password again.',
  },
  'identity.wrong-password': { status: 403, text: 'Your current password is wrong. Type it again.' },
  'identity.browser-only': {
    status: 403,
    text: 'A token may not do this. Sign in with the browser, and do it there.',
  },
  'identity.too-many-tokens': { status: 409, text: 'You have {most} tokens. Revoke one that is not used any more.' },
  'identity.scope-invalid': { status: 400, text: 'Correct the scope {scope}: {problem}' },
  'identity.device-pending': { status: 400, text: 'Approve the code in the browser; asking goes on until then.' },
  'identity.device-slow-down': { status: 400, text: 'Ask less often: every {seconds} seconds.' },
  'identity.device-expired': { status: 400, text: 'The code was not approved in time. Run the login again.' },
  'identity.device-code-unknown': {
    status: 404,
    text: 'There is no login waiting with this code. Check the code, or run the login again.',
  },
  'identity.provider-unknown': {
    status: 404,
    text: 'This house has no sign-in provider of that name. Choose another way.',
  },
  'identity.provider-unavailable': {
    status: 503,
    text: 'The sign-in provider {name} cannot be reached right now. Try again soon, or sign in another way.',
  },
  'identity.provider-refused': {
    status: 400,
    text: 'Signing in with {name} did not succeed. Start again from the sign-in page.',
  },
  'identity.provider-no-account': {
    status: 403,
    text: 'There is no account here for that address. Ask for an invitation first.',
  },
  'identity.provider-email-unverified': {
    status: 403,
    text: 'The provider has not verified your e-mail address. Verify it there, then try again.',
  },
  'identity.provider-not-linked': {
    status: 403,
    text: 'Sign in with your password first, then sign in with the provider once more: that links the two.',
  },
  'identity.yourself': { status: 409, text: 'You cannot suspend yourself. Ask another operator.' },
});
