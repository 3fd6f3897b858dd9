import { defineErrors } from '@steading/kit';

/** What the GraphQL endpoint refuses before anything runs. */
export const graphFail = defineErrors({
  'gateway.query-unreadable': { status: 400, text: 'This is no GraphQL request: {problem}' },
  'gateway.query-invalid': { status: 400, text: '{problem}' },
  'gateway.query-batched': { status: 400, text: 'Send one operation a request; a list of them is not taken.' },
  'gateway.query-too-deep': { status: 400, text: 'The query is nested deeper than {limit} levels. Ask in two steps.' },
  'gateway.query-too-broad': {
    status: 400,
    text: 'The query asks for more than {limit} {what}. Ask for fewer at once.',
  },
  'gateway.query-too-costly': {
    status: 400,
    text: 'The query could fetch too much: its cost is over {limit}. Ask for shorter lists, or for fewer levels.',
  },
  'gateway.variables-too-large': {
    status: 400,
    text: 'The variables hold more than {limit}. Send them in several requests.',
  },
  'gateway.too-many-at-once': {
    status: 429,
    text: 'You have {limit} operations under way. Wait until one has ended, then send this one again.',
  },
  'gateway.subscription-unaccepted': {
    status: 406,
    text: 'A subscription is answered as events. Send it with the header accept: text/event-stream (curl -N shows them as they come).',
  },
  'gateway.too-many-subscriptions': {
    status: 429,
    text: 'You have {limit} subscriptions open, which is the limit. Close one first.',
  },
  'gateway.subscriptions-full': {
    status: 503,
    text: 'This house has {limit} subscriptions open, which is its limit. Try again in a moment.',
  },
  'gateway.introspection-refused': { status: 401, text: 'Sign in to read the schema.' },
  'gateway.document-unknown': {
    status: 400,
    text: 'This house does not know the document {id}. Send its text, or load the page again.',
  },
  'gateway.document-differs': {
    status: 400,
    text: 'The document is not the one that its id names. Send the SHA-256 of the text, or the text alone.',
  },
  'gateway.documents-only': {
    status: 403,
    text: 'This house runs only the documents of its own web app. Ask the operator to set STEADING_GRAPH_DOCUMENTS to any.',
  },
});
