import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeAccount } from '#src/account.ts';
import { createApi } from '#src/api.ts';
import { Failure } from '#src/failure.ts';
import { packFolder } from '#src/remote/archive.ts';
import { followDeployment } from '#src/remote/follow.ts';

export interface Demo {
  readonly email: string;
  readonly password: string;
  readonly appUrl: string;
}

/**
 * Makes a first operator, a space, a project and the example app, all through the doors that people use. Works only on
 * a house that nobody has claimed yet.
 */
export async function deployDemo(options: {
  url: string;
  setupLink: string;
  root: string;
  tell: (text: string) => void;
}): Promise<Demo> {
  const { url, setupLink, root, tell } = options;
  const token = new URL(setupLink).hash.slice(1);
  const email = 'demo@example.org';
  const password = randomBytes(12).toString('base64url');
  tell('making a demo operator, a space and a project');
  const cookie = await claim(url, { token, name: 'Demo operator', email, password });
  const personal = await makeToken(url, cookie);
  writeAccount({ url, token: personal });
  const api = createApi({ url, token: personal });

  const { createSpace } = await api.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    { input: { nameId: 'demo-garden', name: 'Demo garden', tagline: 'A place to try things out', privacy: 'public' } },
  );
  const { createProject } = await api.graph<{ createProject: { id: string } }>(
    'mutation ($space: ID!) { createProject(spaceId: $space, nameId: "demo", name: "Demo") { id } }',
    { space: createSpace.id },
  );
  const { createApp } = await api.graph<{ createApp: { id: string; url: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id url } }',
    { input: { projectId: createProject.id, nameId: 'hello', name: 'Hello', source: { kind: 'archive' } } },
  );
  const body = await packFolder(join(root, 'examples/hello'));
  const { deploymentId } = await api.rest<{ deploymentId: string }>('POST', `/api/deploy/archive?app=${createApp.id}`, {
    body,
    headers: { 'content-type': 'application/gzip' },
  });
  const ended = await followDeployment(api, deploymentId, { onStage: (stage) => tell(`demo app: ${stage}`) });
  if (ended.state !== 'live')
    throw new Failure(
      `The demo app could not be deployed: ${ended.reason ?? ended.state}. The house itself is up: ${url}`,
    );
  return { email, password, appUrl: createApp.url };
}

async function claim(url: string, person: Record<string, string>): Promise<string> {
  const answer = await fetch(`${url}/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(person),
  });
  if (!answer.ok) throw new Failure(`The demo operator could not be made: ${await answer.text()}`);
  await answer.arrayBuffer();
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

async function makeToken(url: string, cookie: string): Promise<string> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, cookie },
    body: JSON.stringify({
      query: 'mutation { createToken(name: "steading command", scopes: [], days: 90) { value } }',
    }),
  });
  const { data, errors } = (await answer.json()) as {
    data?: { createToken: { value: string } };
    errors?: { message: string }[];
  };
  if (!data?.createToken) throw new Failure(`The demo operator got no token: ${errors?.[0]?.message ?? answer.status}`);
  return data.createToken.value;
}
