import { expect, it } from 'vitest';
import { readBoundedJson } from '#src/bounded-json.ts';

const answer = { data: { name: 'é'.repeat(100) } };

it('reads an answer that fits', async () => {
  expect(await readBoundedJson(Response.json(answer), 1000)).toEqual(answer);
});

it.each([
  ['that says how long it is', new Response(JSON.stringify(answer), { headers: { 'content-length': '224' } })],
  ['that does not say it', Response.json(answer)],
])('refuses an answer %s', async (_, response) => {
  await expect(readBoundedJson(response, 200)).rejects.toMatchObject({ code: 'answer-too-large', status: 400 });
  expect(response.bodyUsed).toBe(true);
});
