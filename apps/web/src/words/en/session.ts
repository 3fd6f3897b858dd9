export const session = {
  email: 'E-mail',
  password: 'Password',
  name: 'Your name',
  nameHint: 'How others will see you.',
  passwordHint: 'At least 10 characters. A few words in a row are easy to remember.',
  aside: 'A community’s own cloud: its spaces, its apps, on its own ground.',
  signIn: {
    title: 'Sign in',
    submit: 'Sign in',
    forgot: 'Forgot your password?',
    or: 'or',
    with: (provider: string) => `Continue with ${provider}`,
    invitationOnly: 'New here? Someone who runs this house can invite you; the invitation comes with a link.',
    open: 'New here?',
    register: 'Make an account',
    /** By the code of the refusal; the sentences are the catalogue's. */
    refused: {
      'identity.provider-unavailable':
        'The sign-in provider cannot be reached right now. Try again soon, or sign in another way.',
      'identity.provider-no-account': 'There is no account here for that address. Ask for an invitation first.',
      'identity.provider-email-unverified':
        'The provider has not verified your e-mail address. Verify it there, then try again.',
      'identity.provider-not-linked':
        'Sign in with your password first, then sign in with the provider once more: that links the two.',
      'identity.suspended': 'This account is suspended. Ask an operator of this house.',
    } as Readonly<Record<string, string>>,
    refusedOtherwise: 'Signing in with the provider did not succeed. Start again here.',
    needsSetup: 'Nobody runs this house yet. Open the set-up link that `steading up` printed in the terminal.',
  },
  setup: {
    title: 'Welcome. This house is yours.',
    text: 'Make the first account. It can invite people, see the house’s health, and hand its duty to others.',
    submit: 'Set up the house',
    noToken:
      'The set-up link is missing its token. Open the whole link that `steading up` printed, up to its last character.',
    done: 'This house is set up already. Sign in instead.',
  },
  register: {
    title: 'Make your account',
    invited: (email: string) => `You are invited as ${email}.`,
    invitedTo: (what: string) => `You are invited to ${what}.`,
    submit: 'Make the account',
    noToken: 'This house is joined by invitation. Open the whole link of your invitation, up to its last character.',
    have: 'Have an account already?',
  },
  forgot: {
    title: 'Forgot your password',
    text: 'Tell us your e-mail address. If there is an account, a link to choose a new password is on its way.',
    submit: 'Send the link',
    sent: 'If there is an account with this address, a link is on its way. It works for an hour.',
    noMail: 'This house sends no mail yet: the link is in its operator’s log. Ask the person who runs the house.',
    back: 'Back to sign in',
  },
  reset: {
    title: 'Choose a new password',
    text: 'You will be signed out everywhere else.',
    submit: 'Set the password',
    noToken: 'The link is missing its token. Open the whole link of the mail, or ask for a new one.',
    again: 'Ask for a new link',
  },
  device: {
    title: 'Sign in on another device',
    text: 'The steading command shows a code. Type it here only if you started it yourself.',
    code: 'Code',
    check: 'Continue',
    asks: (name: string) => `${name} asks to act as you.`,
    warning: 'It will be able to do what you may do, until you end it under Account, Tokens.',
    approve: 'Allow it',
    doneTitle: 'Done',
    done: 'The device is signed in. You can close this page.',
    since: 'Started',
  },
};
