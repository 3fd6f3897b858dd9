import { defineErrors } from '@steading/kit';

/** What this service refuses, each with what to do about it. */
export const fail = defineErrors({
  'deploy.not-found': { status: 404, text: 'There is no such {kind}, or you may not see it.' },
  'deploy.bad-name': { status: 400, text: 'Choose another {field}: {problem}' },
  'deploy.name-taken': { status: 409, text: 'Choose another name: {name} is taken here.' },
  'deploy.subgraph-name-taken': {
    status: 409,
    text: 'Choose another name for the subgraph: what begins with {name}_ belongs to another app.',
  },
  'deploy.environment-not-empty': {
    status: 409,
    text: 'Remove or move the apps of {name} first: an environment with apps cannot be removed.',
  },
  'deploy.default-environment': {
    status: 409,
    text: 'Keep {name}: it is the default environment, and goes when the project is removed.',
  },
  'deploy.limit': { status: 409, text: 'Remove some {what} first: the limit is {limit}.' },
  'deploy.bad-source-url': { status: 400, text: 'Check the address of the repository: {problem}' },
  'deploy.bad-ref': { status: 400, text: 'Check the branch or commit: {problem}' },
  'deploy.internal-address': {
    status: 400,
    text: 'Use a repository that is reachable from outside: {host} is an internal address. An operator can allow it with STEADING_ALLOW_INTERNAL_SOURCES.',
  },
  'deploy.unknown-host': { status: 400, text: 'Check the address of the repository: {host} has no address.' },
  'deploy.source-unreachable': { status: 422, text: 'The repository cannot be read: {problem}' },
  'deploy.bad-setting': { status: 400, text: 'Change the setting {field}: {problem}' },
  'deploy.bad-variable': { status: 400, text: 'Change the variable {name}: {problem}' },
  'deploy.bad-archive': {
    status: 400,
    text: 'The archive is refused: {problem} Pack the folder again as tar.gz or zip.',
  },
  'deploy.archive-too-large': {
    status: 413,
    text: 'The archive is refused: {problem} Leave out what the build does not need.',
  },
  'deploy.disk-full': { status: 507, text: 'Upload this again once there is room: the disk of this machine is full.' },
  'deploy.needs-archive': {
    status: 409,
    text: 'Upload an archive first (steading deploy): this app has none yet.',
  },
  'deploy.not-an-archive-app': {
    status: 409,
    text: 'Set the source of this app to archive first: it is built from a Git repository.',
  },
  'deploy.not-cancellable': {
    status: 409,
    text: 'This deployment is {state} and cannot be cancelled any more. Roll back instead if it is wrong.',
  },
  'deploy.cannot-roll-back': { status: 409, text: 'Choose another deployment: {problem}' },
  'deploy.nothing-to-start': { status: 409, text: 'Deploy this app first: it has never been live.' },
  'deploy.bad-host': { status: 400, text: 'Check the domain: {problem}' },
  'deploy.host-taken': { status: 409, text: 'Choose another domain: {host} belongs to another app.' },
  'deploy.domain-not-proven': {
    status: 409,
    text: 'Add the TXT record {record} with the value {value}, wait until your DNS server shows it, then try again.',
  },
  'deploy.default-domain': { status: 409, text: 'Keep {host}: it is the own address of this app.' },
  'deploy.hook-refused': {
    status: 401,
    text: 'Check the secret of the hook, or make a new one in the settings of the app: the signature or token is missing or wrong.',
  },
  'deploy.hook-replayed': { status: 409, text: 'This delivery was taken already. Push again, or deploy by hand.' },
  'deploy.hook-unreadable': { status: 400, text: 'Send the push event as JSON: {problem}' },
  'deploy.too-many': {
    status: 429,
    text: 'Wait a while, then deploy again: this app has been deployed {limit} times in the last hour.',
  },
});
