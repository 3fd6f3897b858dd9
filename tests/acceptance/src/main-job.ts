import { request } from 'undici';
import type { Person } from '#src/person.ts';
import type { RunningShape } from '#src/shapes.ts';

export interface MadeApp {
  readonly id: string;
  readonly host: string;
  readonly spaceId: string;
  readonly projectId: string;
}

let made = 0;

/** A space, a project and an app from a Git URL, or of uploaded archives without one, by the doors people use. */
export async function makeApp(
  person: Person,
  sourceUrl: string | undefined,
  options: { runtime?: Record<string, unknown>; build?: Record<string, unknown> } = {},
): Promise<MadeApp> {
  const mark = `${Date.now().toString(36).slice(-5)}${(made++).toString(36)}`;
  const { createSpace } = await person.graph<{ createSpace: { id: string } }>(
    'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
    {
      input: { nameId: `garden-${mark}`, name: 'Garden', tagline: 'Growing things', privacy: 'private' },
    },
  );
  const { createProject } = await person.graph<{ createProject: { id: string } }>(
    'mutation ($space: ID!, $nameId: String!) { createProject(spaceId: $space, nameId: $nameId, name: "Site") { id } }',
    { space: createSpace.id, nameId: `site-${mark}` },
  );
  const { createApp } = await person.graph<{ createApp: { id: string; url: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id url } }',
    {
      input: {
        projectId: createProject.id,
        nameId: 'web',
        name: 'Web',
        source: sourceUrl === undefined ? { kind: 'archive' } : { kind: 'git', url: sourceUrl, branch: 'main' },
        ...(options.runtime && { runtime: options.runtime }),
        ...(options.build && { build: options.build }),
      },
    },
  );
  return { id: createApp.id, host: new URL(createApp.url).host, spaceId: createSpace.id, projectId: createProject.id };
}

export async function startDeployment(person: Person, appId: string): Promise<string> {
  const { deploy } = await person.graph<{ deploy: { id: string } }>(
    'mutation ($id: ID!) { deploy(appId: $id) { id } }',
    { id: appId },
  );
  return deploy.id;
}

/** One request to an app, by its host, through the house's edge. */
export async function visit(
  house: Pick<RunningShape, 'port'>,
  host: string,
  path = '/',
  options: { method?: 'GET' | 'POST' } = {},
): Promise<{ status: number; text: string }> {
  const answer = await request(`http://127.0.0.1:${house.port}${path}`, { ...options, headers: { host } });
  return { status: answer.statusCode, text: await answer.body.text() };
}
