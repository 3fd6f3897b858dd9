import type { Ids } from '#src/garden.ts';
import type { NestedArguments } from '#src/graph-probe.ts';

/** Who may come in by a field with ids of a private space: */
export type Openness =
  /** anybody, and all are told the same; */
  | 'public'
  /** whoever is signed in, for what is theirs: no id of somebody else's is asked with; */
  | 'own'
  /** whoever takes part, guests too; */
  | 'guests'
  /** whoever manages or builds there: guests are refused; */
  | 'managers'
  /** the house's operators. */
  | 'operators';

export interface FieldProbe {
  readonly for: Openness;
  readonly args: (ids: Ids) => Readonly<Record<string, unknown>>;
}

const probe = (openness: Openness, args: FieldProbe['args'] = () => ({})): FieldProbe => ({ for: openness, args });
const byId = (kind: keyof Ids) => (ids: Ids) => ({ id: ids[kind] });
const appHost = (ids: Ids) => ({ appId: ids.app, host: 'www.example.org' });
const grantable = ['space', 'project', 'environment', 'app'] as const;
const onNodes = (openness: Openness, more: (ids: Ids) => Record<string, unknown>) =>
  grantable.map((kind) => probe(openness, (ids) => ({ nodeId: ids[kind], ...more(ids) })));
const owners = ['project', 'environment', 'app'] as const;

/** Every way into the graph. A field that is not here fails the crawl: a new way in says here who may come in by it. */
export const rootFieldTable: Readonly<Record<string, readonly FieldProbe[]>> = {
  // identity
  viewer: [probe('own')],
  houseInfo: [probe('public')],
  mySessions: [probe('own')],
  myTokens: [probe('own')],
  device: [probe('managers', () => ({ userCode: 'BCDF-GHJK' }))],
  registrationInvitations: [probe('operators')],
  people: [probe('operators', () => ({ search: 'o' }))],
  endSession: [probe('managers', byId('session'))],
  endOtherSessions: [probe('own')],
  createToken: [probe('own', () => ({ name: 'Mine', scopes: [], days: 30 }))],
  revokeToken: [probe('managers', byId('token'))],
  approveDevice: [probe('managers', () => ({ userCode: 'BCDF-GHJK' }))],
  inviteToRegister: [probe('operators', () => ({ email: 'crawler@example.org' }))],
  withdrawInvitation: [probe('operators', byId('spaceInvitation'))],
  changeName: [probe('own', () => ({ name: 'Somebody Else' }))],
  suspendPerson: [probe('operators', byId('person'))],
  reactivatePerson: [probe('operators', byId('person'))],
  // spaces
  mySpaces: [probe('own')],
  space: [probe('guests', byId('space')), probe('guests', (ids) => ({ nameId: ids.spaceName }))],
  publicSpaces: [probe('public', () => ({ first: 50 }))],
  mySpaceInvitations: [probe('own')],
  createSpace: [
    probe('own', () => ({ input: { nameId: `crawl-${Math.random().toString(36).slice(2, 10)}`, name: 'Crawl' } })),
    probe('managers', (ids) => ({ input: { nameId: 'crawl-below', name: 'Below', parentId: ids.space } })),
  ],
  updateSpace: [probe('managers', (ids) => ({ id: ids.space, input: { name: 'Taken', privacy: 'public' } }))],
  removeSpace: [probe('managers', byId('space'))],
  inviteToSpace: [probe('managers', (ids) => ({ spaceId: ids.space, email: 'crawler@example.org', role: 'owner' }))],
  acceptSpaceInvitation: [probe('managers', byId('spaceInvitation'))],
  rejectSpaceInvitation: [probe('managers', byId('spaceInvitation'))],
  withdrawSpaceInvitation: [probe('managers', byId('spaceInvitation'))],
  setMemberRole: [probe('managers', (ids) => ({ spaceId: ids.space, personId: ids.person, role: 'guest' }))],
  removeMember: [probe('managers', (ids) => ({ spaceId: ids.space, personId: ids.person }))],
  joinSpace: [probe('guests', byId('space'))],
  // forest
  accessNode: grantable.map((kind) => probe('managers', byId(kind))),
  explainAccess: [
    probe('guests', (ids) => ({ nodeId: ids.app, privilege: 'app.deploy' })),
    probe('managers', (ids) => ({ nodeId: ids.app, privilege: 'app.deploy', personId: ids.person })),
  ],
  whoCan: [probe('managers', (ids) => ({ nodeId: ids.app, privilege: 'app.deploy' }))],
  grantAccess: onNodes('managers', (ids) => ({ personId: ids.person, role: 'viewer' })),
  revokeAccess: onNodes('managers', (ids) => ({ personId: ids.person, role: 'owner' })),
  blockAccess: onNodes('managers', (ids) => ({ personId: ids.person, privileges: ['app.read'], reason: 'crawling' })),
  unblockAccess: onNodes('managers', (ids) => ({ personId: ids.person })),
  setInherit: onNodes('managers', () => ({ inherit: 'sealed' })),
  breakGlass: [probe('operators', (ids) => ({ nodeId: ids.space, minutes: 1, reason: 'crawling' }))],
  mendGlass: grantable.map((kind) => probe('managers', (ids: Ids) => ({ nodeId: ids[kind] }))),
  // deploy
  project: [probe('guests', byId('project'))],
  app: [probe('guests', byId('app'))],
  deployment: [probe('guests', byId('deployment'))],
  findApp: [probe('guests', (ids) => ({ path: `${ids.spaceName}/${ids.projectName}/quillwort-app` }))],
  myApps: [probe('own')],
  inspectSource: [probe('managers', (ids) => ({ url: 'https://example.org/x.git', spaceId: ids.space }))],
  variables: owners.map((kind) => probe('managers', (ids) => ({ ownerId: ids[kind] }))),
  createProject: [probe('managers', (ids) => ({ spaceId: ids.space, nameId: 'crawled', name: 'Crawled' }))],
  updateProject: [probe('managers', (ids) => ({ id: ids.project, input: { name: 'Taken' } }))],
  removeProject: [probe('managers', byId('project'))],
  createEnvironment: [probe('managers', (ids) => ({ projectId: ids.project, name: 'crawled' }))],
  removeEnvironment: [probe('managers', byId('environment'))],
  createApp: [
    probe('managers', (ids) => ({
      input: { projectId: ids.project, nameId: 'crawled', name: 'Crawled', source: { kind: 'archive' } },
    })),
    probe('managers', (ids) => ({
      input: {
        projectId: ids.project,
        environmentId: ids.environment,
        nameId: 'crawled',
        name: 'Crawled',
        source: { kind: 'archive' },
      },
    })),
  ],
  updateApp: [probe('managers', (ids) => ({ id: ids.app, input: { name: 'Taken', source: { kind: 'archive' } } }))],
  removeApp: [probe('managers', byId('app'))],
  deploy: [probe('managers', (ids) => ({ appId: ids.app }))],
  cancelDeployment: [probe('managers', byId('deployment'))],
  rollBack: [probe('managers', (ids) => ({ appId: ids.app, toDeploymentId: ids.deployment }))],
  stopApp: [probe('managers', byId('app'))],
  startApp: [probe('managers', byId('app'))],
  setVariables: owners.map((kind) =>
    probe('managers', (ids) => ({ ownerId: ids[kind], variables: [{ name: 'TAKEN', value: 'over' }] })),
  ),
  removeVariable: owners.map((kind) => probe('managers', (ids) => ({ ownerId: ids[kind], name: 'NOTE_bogbean' }))),
  addDomain: [probe('managers', appHost)],
  verifyDomain: [probe('managers', appHost)],
  removeDomain: [probe('managers', (ids) => ({ appId: ids.app, host: ids.appHost }))],
  deploymentChanged: [probe('guests', (ids) => ({ appId: ids.app }))],
  deploymentLog: [probe('managers', byId('deployment'))],
  appLog: [
    probe('managers', (ids) => ({ appId: ids.app, follow: false })),
    probe('managers', (ids) => ({ appId: ids.app, follow: true })),
    // Its privileges reach down to its apps.
    probe('managers', (ids) => ({ appId: ids.space })),
  ],
  appSubgraphs: [probe('operators')],
  offerAppSubgraph: [probe('managers', (ids) => ({ appId: ids.app, path: '/graphql' }))],
  withdrawAppSubgraph: [probe('managers', (ids) => ({ appId: ids.app }))],
  allowAppSubgraph: [probe('operators', (ids) => ({ appId: ids.app, allow: true }))],
  renewHook: ['webhook', 'deploy-hook'].map((hook) => probe('managers', (ids) => ({ appId: ids.app, hook }))),
  // observe
  audit: [probe('operators'), ...grantable.map((kind) => probe('managers', (ids: Ids) => ({ nodeId: ids[kind] })))],
  verifyAudit: [probe('operators')],
  services: [probe('operators')],
  backups: [probe('operators')],
  eventListeners: [probe('operators')],
  deadLetters: [probe('operators')],
  backUpNow: [probe('operators')],
  replayDeadLetter: [probe('operators', () => ({ id: '1' }))],
  discardDeadLetter: [probe('operators', () => ({ id: '1' }))],
  // gateway
  graphEndpoint: [probe('operators')],
};

/** Below the root, what takes arguments. */
export const nestedArguments: NestedArguments = {
  'App.deployments': '(first: 5)',
  'App.why': '(action: "deploy")',
  'Deployment.log': '(limit: 20)',
  'GraphEndpoint.operations': '(first: 50)',
  'Space.members': '(first: 50)',
};
