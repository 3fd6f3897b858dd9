import { deploymentEnds, type Person, type RunningShape, registerPerson, startDeployment } from '@steading/acceptance';
import { type GitServer, type TestRepository, waitFor } from '@steading/testkit';
import pg from 'pg';
import { hostile, hostileApp } from '#src/hostile.ts';

/** A house in which there is one of everything, and all of its names are hostile. */
export interface Seed {
  readonly space: string;
  readonly spaceId: string;
  readonly projectId: string;
  readonly appId: string;
  readonly deploymentId: string;
  readonly repository: TestRepository;
  readonly member: Person;
}

export async function seedHouse(house: RunningShape, git: GitServer, operator: Person): Promise<Seed> {
  const repository = await git.repository('hostile');
  await repository.commit(hostileApp(), hostile('commit'));
  const member = await registerPerson(operator, hostile('person'), 'mallory@example.org');
  const space = 'hostile';
  const { createSpace } = await operator.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    { input: { nameId: space, name: hostile('space'), tagline: hostile('tagline'), privacy: 'public' } },
  );
  const spaceId = createSpace.id;
  await operator.graph('mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }', {
    input: { nameId: 'hostile-part', name: hostile('part'), tagline: '', privacy: 'public', parentId: spaceId },
  });
  const { createProject } = await operator.graph<{ createProject: { id: string } }>(
    'mutation ($space: ID!, $name: String!) { createProject(spaceId: $space, nameId: "hostile", name: $name) { id } }',
    { space: spaceId, name: hostile('project') },
  );
  const projectId = createProject.id;
  const { createApp } = await operator.graph<{ createApp: { id: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id } }',
    {
      input: {
        projectId,
        nameId: 'web',
        name: hostile('app'),
        source: { kind: 'git', url: repository.url, branch: 'main' },
        runtime: { drainSeconds: 1 },
      },
    },
  );
  const appId = createApp.id;
  const deploymentId = await startDeployment(operator, appId);
  await invite(operator, spaceId, member);
  await fillApp(operator, { projectId, appId });
  const ended = await deploymentEnds(operator, deploymentId);
  if (ended.state !== 'live') throw new Error(`the seed is not live: ${JSON.stringify(ended)}`);
  await joinGraph(operator, appId);
  await buryEvents(house.databaseUrl, 2);
  return { space, spaceId, projectId, appId, deploymentId, repository, member };
}

async function invite(operator: Person, spaceId: string, member: Person): Promise<void> {
  const send =
    'mutation ($space: ID!, $email: String!) { inviteToSpace(spaceId: $space, email: $email, role: "member") { id } }';
  await operator.graph(send, { space: spaceId, email: 'mallory@example.org' });
  await operator.graph(send, { space: spaceId, email: 'ida@example.org' });
  const { mySpaceInvitations } = await member.graph<{ mySpaceInvitations: { id: string }[] }>(
    '{ mySpaceInvitations { id } }',
  );
  await member.graph('mutation ($id: ID!) { acceptSpaceInvitation(id: $id) { id } }', {
    id: mySpaceInvitations[0]?.id,
  });
  await operator.graph('mutation { inviteToRegister(email: "nora@example.org") { id } }');
}

async function fillApp(operator: Person, ids: { projectId: string; appId: string }): Promise<void> {
  const set = 'mutation ($id: ID!, $list: [VariableInput!]!) { setVariables(ownerId: $id, variables: $list) { name } }';
  await operator.graph(set, { id: ids.projectId, list: [{ name: 'GREETING', value: hostile('value') }] });
  await operator.graph(set, { id: ids.appId, list: [{ name: 'SECRET', value: 'canary-4711', secret: true }] });
  await operator.graph('mutation ($id: ID!) { addDomain(appId: $id, host: "www.example.org") { host } }', {
    id: ids.appId,
  });
  await operator.graph('mutation ($name: String!) { createToken(name: $name, scopes: [], days: 30) { value } }', {
    name: hostile('token').slice(0, 64),
  });
}

/** The app's own fields in the graph, allowed. */
async function joinGraph(operator: Person, appId: string): Promise<void> {
  const offer = 'mutation ($id: ID!) { offerAppSubgraph(appId: $id, path: "/graphql") { state } }';
  await operator.graph(offer, { id: appId });
  await operator.graph('mutation ($id: ID!) { allowAppSubgraph(appId: $id, allow: true) { state } }', { id: appId });
  const query = 'query ($id: ID!) { app(id: $id) { subgraph { state reason } } }';
  await waitFor(
    'the app to be part of the graph',
    async () => {
      const { app } = await operator.graph<{ app: { subgraph: { state: string } } }>(query, { id: appId });
      if (app.subgraph.state !== 'serving') throw new Error(JSON.stringify(app.subgraph));
      return true;
    },
    { timeoutMs: 30_000 },
  );
}

/** Makes some events of a listener dead, as they are when it failed too often. */
async function buryEvents(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const buried = await client.query(
      `insert into bus.parked (consumer, event_position, event_id, key, event, attempts, error, dead)
       select c.name, l.position, l.id || '-' || n, l.key || n,
              jsonb_build_object('id', l.id || '-' || n, 'source', l.source, 'type', l.type, 'version', l.version, 'key', l.key || n,
                'time', l.time, 'requestId', l.request_id, 'actor', l.actor, 'data', l.data), 8, $2, true
       from (select name from bus.consumers where name like 'observe%' limit 1) c,
            (select * from bus.ledger where type = 'audit.recorded' order by position limit 1) l, generate_series(1, $1::int) n`,
      [count, hostile('error')],
    );
    if (buried.rowCount !== count) throw new Error('no event could be made a dead letter');
  } finally {
    await client.end();
  }
}
