import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '@steading/house/catalogue';
import { startTestHouse, type TestHouse, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notesService } from '#src/notes/service.ts';
import { claimHouse, createPerson, type Person } from '#src/person.ts';

let house: TestHouse;
let operator: Person;

beforeAll(async () => {
  const gateway = catalogue.filter((service) => service.name === 'gateway');
  const others = catalogue.filter((service) => service.name !== 'gateway');
  house = await startTestHouse({ services: [...others, notesService, ...gateway] });
  operator = await claimHouse(
    house.url,
    new URL(readFileSync(join(house.dataDir, 'setup-link'), 'utf8').trim()).hash.slice(1),
  );
});
afterAll(() => house?.close());

test('a new service is a folder and one line: its table, its part of the endpoint, its events and its routes are there', async () => {
  const { writeNote } = await operator.graph<{ writeNote: { id: string } }>(
    'mutation { writeNote(text: "water the beans") { id } }',
  );
  expect(await operator.graph('{ myNotes { id text } }')).toEqual({
    myNotes: [{ id: writeNote.id, text: 'water the beans' }],
  });
  await waitFor(
    'its listener',
    async () => ((await operator.rest('GET', '/api/notes/heard')).body as unknown as unknown[]).length === 1,
  );
});

test('its ways in are closed to nobody in particular', async () => {
  expect(await createPerson(house.url).refusal('{ myNotes { id } }')).toBe('unauthenticated');
  expect((await createPerson(house.url).rest('GET', '/api/notes/heard')).status).toBe(401);
});
