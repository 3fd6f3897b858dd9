/** Apps that nobody deploys: each is a room of the house's live connections. Gives their ids. */
export async function makeRooms(url: string, cookie: string, count: number): Promise<string[]> {
  const ask = async <T>(query: string, variables: Record<string, unknown> = {}): Promise<T> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await answer.json()) as { data: T; errors?: unknown };
    if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data;
  };
  const { createSpace } = await ask<{ createSpace: { id: string } }>(
    'mutation { createSpace(input: { nameId: "rooms", name: "Rooms", tagline: "Measured", privacy: "public" }) { id } }',
  );
  const { createProject } = await ask<{ createProject: { id: string } }>(
    'mutation ($space: ID!) { createProject(spaceId: $space, nameId: "rooms", name: "Rooms") { id } }',
    { space: createSpace.id },
  );
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    const { createApp } = await ask<{ createApp: { id: string } }>(
      'mutation ($input: CreateAppInput!) { createApp(input: $input) { id } }',
      {
        input: {
          projectId: createProject.id,
          nameId: `room-${number}`,
          name: `Room ${number}`,
          source: { kind: 'archive' },
        },
      },
    );
    ids.push(createApp.id);
  }
  return ids;
}
