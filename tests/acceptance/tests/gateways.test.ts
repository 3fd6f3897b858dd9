import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimHouse, createPerson, type Person } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let operator: Person;
/** The same person at each gateway. */
let at: Person[];

beforeAll(async () => {
  house = await startShape('several processes');
  operator = await claimHouse(house.url, house.setupToken);
  at = house.gateways.map(({ port }) => createPerson(`http://localhost:${port}`, operator.cookie()));
});
afterAll(() => house?.stop());

test('what was made through one gateway is there through the other at once', async () => {
  for (let round = 0; round < 30; round++) {
    const [here, there] = round % 2 === 0 ? at : at.toReversed();
    const { createSpace } = await here!.graph<{ createSpace: { id: string } }>(
      'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }',
      { input: { nameId: `space-${round}`, name: 'A space', privacy: 'private' } },
    );
    // Another service, in another process, whose copy of the forest hears of the space after it was answered for.
    const { createProject } = await there!.graph<{ createProject: { id: string } }>(
      'mutation ($space: ID!) { createProject(spaceId: $space, nameId: "site", name: "Site") { id } }',
      { space: createSpace.id },
    );
    expect(createProject.id).toMatch(/^prj_/);
  }
});
