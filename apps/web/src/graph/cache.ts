import { type Cache, cacheExchange, type UpdateResolver } from '@urql/exchange-graphcache';

/** Types without an identity of their own: they live inside the object that holds them. */
const embedded = [
  'AccessBlock AccessExplanation AccessHolder AccessNode AccessStep AppMay AppSource AppSubgraph AuditConnection AuditEntry',
  'AuditVerification BuildCommands BuildSettings DeploymentConnection Detection Device Domain DomainProof',
  'EventListener GraphEndpoint GraphOperationTimes GraphSubgraph GraphSubgraphTimes HouseInfo LogLine LogPage Member',
  'MemberConnection NewHook NewToken PrivilegeInfo ProbeSample ProbeTrace ProjectMay RuntimeIsolation',
  'RuntimeSettings ServiceStatus SourceInspection SpaceMay Stage Variable Viewer',
].flatMap((line) => line.split(' '));

/** The normalized cache, and which lists each change makes stale. */
export function houseCache(): ReturnType<typeof cacheExchange> {
  return cacheExchange({
    keys: Object.fromEntries(embedded.map((type) => [type, () => null])),
    updates: {
      Mutation: {
        ...forEach(['endSession', 'endOtherSessions'], queries('mySessions')),
        ...forEach(['createToken', 'revokeToken'], queries('myTokens')),
        ...forEach(['inviteToRegister', 'withdrawInvitation'], queries('registrationInvitations')),
        ...forEach(['suspendPerson', 'reactivatePerson'], queries('people')),
        changeName: queries('viewer'),
        backUpNow: queries('backups'),
        ...forEach(['replayDeadLetter', 'discardDeadLetter'], queries('deadLetters')),
        ...forEach(
          ['createSpace', 'removeSpace', 'joinSpace', 'acceptSpaceInvitation', 'rejectSpaceInvitation'],
          queries('mySpaces', 'space', 'publicSpaces', 'mySpaceInvitations', 'myApps'),
        ),
        ...forEach(['inviteToSpace', 'withdrawSpaceInvitation'], field('Space', 'spaceId', 'invitations', 'space')),
        ...forEach(['setMemberRole', 'removeMember'], field('Space', 'spaceId', 'members', 'space', 'mySpaces')),
        ...forEach(
          ['grantAccess', 'revokeAccess', 'blockAccess', 'unblockAccess', 'setInherit'],
          queries('accessNode', 'explainAccess', 'whoCan'),
        ),
        createProject: field('Space', 'spaceId', 'projects', 'space'),
        removeProject: queries('space', 'mySpaces', 'myApps', 'project'),
        ...forEach(['createEnvironment', 'removeEnvironment'], queries('project')),
        createApp: queries('project', 'space', 'myApps'),
        removeApp: queries('project', 'space', 'myApps', 'app'),
        ...forEach(['deploy', 'rollBack'], field('App', 'appId', 'deployments', 'app', 'myApps')),
        ...forEach(['addDomain', 'verifyDomain', 'removeDomain'], field('App', 'appId', 'domains')),
        ...forEach(['setVariables', 'removeVariable'], queries('variables')),
        ...forEach(
          ['offerAppSubgraph', 'withdrawAppSubgraph', 'allowAppSubgraph'],
          field('App', 'appId', 'subgraph', 'appSubgraphs', 'graphEndpoint'),
        ),
        renewHook: field('App', 'appId', 'source'),
      },
    },
  });
}

function forEach(names: string[], update: UpdateResolver): Record<string, UpdateResolver> {
  return Object.fromEntries(names.map((name) => [name, update]));
}

/** Makes every kept answer of these root fields stale; what is on screen asks again by itself. */
function queries(...names: string[]): UpdateResolver {
  return (_result, _args, cache) => forget(cache, names);
}

/** Makes one field of the object named by an argument stale, and root fields beside it. */
function field(typename: string, argument: string, name: string, ...roots: string[]): UpdateResolver {
  return (_result, args, cache) => {
    const key = cache.keyOfEntity({ __typename: typename, id: String(args[argument]) });
    for (const info of key ? cache.inspectFields(key) : [])
      if (info.fieldName === name) cache.invalidate(key as string, info.fieldKey);
    forget(cache, roots);
  };
}

function forget(cache: Cache, names: string[]): void {
  for (const info of cache.inspectFields('Query'))
    if (names.includes(info.fieldName)) cache.invalidate('Query', info.fieldKey);
}
