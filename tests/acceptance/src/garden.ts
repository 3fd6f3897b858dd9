import { newId } from '@steading/kit';
import type { TestRepository } from '@steading/testkit';
import { serverApp } from '#src/app-sources.ts';
import { startDeployment } from '#src/main-job.ts';
import { deploymentEnds, type Person } from '#src/person.ts';

/** In the name of everything in the private space: nobody outside may ever read it. */
export const hiddenWord = 'quillwort';
/** In variables, logs and invitations: a guest, who sees the rest, may not read it. */
export const managedWord = 'bogbean';

/** One of each thing that has an id. */
export interface Ids {
  readonly space: string;
  readonly spaceName: string;
  readonly project: string;
  readonly projectName: string;
  readonly environment: string;
  readonly app: string;
  readonly appHost: string;
  readonly deployment: string;
  readonly spaceInvitation: string;
  readonly token: string;
  readonly session: string;
  readonly person: string;
}

/** A private space with a project, an app that is live, variables on every level, an invitation and a token. */
export async function plantGarden(owner: Person, repository: TestRepository): Promise<Ids> {
  const word = hiddenWord;
  const { createSpace } = await owner.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    { input: { nameId: `${word}-space`, name: `The ${word}`, tagline: `All of ${word}`, privacy: 'private' } },
  );
  const project = await makeProject(owner, createSpace.id, `${word}-project`);
  const { createEnvironment } = await owner.graph<{ createEnvironment: { id: string } }>(
    'mutation ($id: ID!) { createEnvironment(projectId: $id, name: "staging") { id } }',
    { id: project },
  );
  const { createApp } = await owner.graph<{ createApp: { id: string; url: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id url } }',
    {
      input: {
        projectId: project,
        nameId: `${word}-app`,
        name: `App ${word}`,
        source: { kind: 'git', url: repository.url, branch: 'main' },
        runtime: { drainSeconds: 1 },
      },
    },
  );
  for (const ownerId of [project, createEnvironment.id, createApp.id])
    await owner.graph(
      'mutation ($id: ID!, $list: [VariableInput!]!) { setVariables(ownerId: $id, variables: $list) { name } }',
      { id: ownerId, list: [{ name: `NOTE_${managedWord}`, value: `plain ${managedWord}` }] },
    );
  await repository.commit(serverApp(managedWord), `Plant the ${word}`);
  const deployment = await startDeployment(owner, createApp.id);
  const ended = await deploymentEnds(owner, deployment);
  if (ended.state !== 'live') throw new Error(`the private app is not live: ${JSON.stringify(ended)}`);
  return {
    space: createSpace.id,
    spaceName: `${word}-space`,
    project,
    projectName: `${word}-project`,
    environment: createEnvironment.id,
    app: createApp.id,
    appHost: new URL(createApp.url).host,
    deployment,
    spaceInvitation: await inviteTo(owner, createSpace.id, `${managedWord}@example.org`),
    ...(await ownThings(owner)),
  };
}

async function makeProject(owner: Person, spaceId: string, nameId: string): Promise<string> {
  const { createProject } = await owner.graph<{ createProject: { id: string } }>(
    'mutation ($space: ID!, $name: String!) { createProject(spaceId: $space, nameId: $name, name: $name) { id } }',
    { space: spaceId, name: nameId },
  );
  return createProject.id;
}

export async function inviteTo(owner: Person, spaceId: string, email: string, role = 'guest'): Promise<string> {
  const { inviteToSpace } = await owner.graph<{ inviteToSpace: { id: string } }>(
    'mutation ($space: ID!, $email: String!, $role: String!) { inviteToSpace(spaceId: $space, email: $email, role: $role) { id } }',
    { space: spaceId, email, role },
  );
  return inviteToSpace.id;
}

/** Somebody who is invited takes part. */
export async function takePart(
  owner: Person,
  person: Person,
  spaceId: string,
  email: string,
  role?: string,
): Promise<void> {
  const id = await inviteTo(owner, spaceId, email, role);
  await person.graph('mutation ($id: ID!) { acceptSpaceInvitation(id: $id) { id } }', { id });
}

export async function makeToken(owner: Person, scopes: readonly string[], name = 'A token') {
  const { createToken } = await owner.graph<{ createToken: { value: string; token: { id: string } } }>(
    'mutation ($name: String!, $scopes: [String!]!) { createToken(name: $name, scopes: $scopes) { value token { id } } }',
    { name, scopes },
  );
  return { id: createToken.token.id, value: createToken.value };
}

async function ownThings(owner: Person): Promise<Pick<Ids, 'token' | 'session' | 'person'>> {
  const token = await makeToken(owner, [], `Token ${hiddenWord}`);
  const { viewer } = await owner.graph<{ viewer: { sessionId: string; person: { id: string } } }>(
    '{ viewer { sessionId person { id } } }',
  );
  return { token: token.id, session: viewer.sessionId, person: viewer.person.id };
}

/** Where somebody else builds: an app that was never deployed. */
export async function plantOwn(person: Person, mark: string): Promise<Pick<Ids, 'space' | 'project' | 'app'>> {
  const { createSpace } = await person.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    { input: { nameId: mark, name: mark, privacy: 'private' } },
  );
  const project = await makeProject(person, createSpace.id, mark);
  const { createApp } = await person.graph<{ createApp: { id: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id } }',
    { input: { projectId: project, nameId: mark, name: mark, source: { kind: 'archive' } } },
  );
  return { space: createSpace.id, project, app: createApp.id };
}

/** Ids of the same shapes that are nobody's. */
export function absentIds(): Ids {
  return {
    space: newId('spc'),
    spaceName: 'nowhere-space',
    project: newId('prj'),
    projectName: 'nowhere-project',
    environment: newId('env'),
    app: newId('app'),
    appHost: 'nowhere.localhost',
    deployment: newId('dep'),
    spaceInvitation: newId('spi'),
    token: newId('tok'),
    session: newId('ses'),
    person: newId('usr'),
  };
}

const everything = `query ($space: ID!, $project: ID!, $environment: ID!, $app: ID!, $deployment: ID!) {
  space(id: $space) { name tagline tags privacy visibility membership children { id } projects { id }
    members { nodes { person { id email } role since } totalCount } invitations { id email role state } }
  project(id: $project) { nameId name environments { id name isDefault apps { id } } apps { id } }
  app(id: $app) { nameId name state url source { kind url branch commit hasToken deployKey hasWebhookSecret hasDeployHookToken }
    build { builder installCommand buildCommand startCommand outputFolder rootFolder singlePage }
    runtime { replicas healthPath drainSeconds memoryMb cpuMillis keep }
    domains { host state } live { id } newest { id } deployments { nodes { id number state } } instances { id state generation } }
  deployment(id: $deployment) { state reason commit log { lines { position text } } }
  ofProject: variables(ownerId: $project) { name value secret updatedAt }
  ofEnvironment: variables(ownerId: $environment) { name value secret updatedAt }
  ofApp: variables(ownerId: $app) { name value secret updatedAt }
  spaceAccess: accessNode(id: $space) { ...Held }
  projectAccess: accessNode(id: $project) { ...Held }
  appAccess: accessNode(id: $app) { ...Held }
  mySpaces { id } myApps { id } myTokens { id name scopes } mySessions { id } mySpaceInvitations { id }
  viewer { person { id name email } isOperator }
}
fragment Held on AccessNode { inherit holders { principal role until } blocks { principal privileges } }`;

/** All that the owner sees of it, as text: two that are equal mean that nothing was changed in between. */
export async function snapshot(owner: Person, ids: Ids): Promise<string> {
  const { space, project, environment, app, deployment } = ids;
  return JSON.stringify(await owner.graph(everything, { space, project, environment, app, deployment }), null, 1);
}
