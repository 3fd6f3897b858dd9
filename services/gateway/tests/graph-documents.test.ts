import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anonymous, createLog } from '@steading/kit';
import { createTestClock } from '@steading/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKnownDocuments, manifestName } from '#src/graph/documents/known-documents.ts';
import { type GraphSettings, graphSettings } from '#src/graph/graph-config.ts';
import { type GraphHouse, startGraph } from './graph-house.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const rain = 'query Rain {\n  rain\n}';
const beds = 'query Beds($n: Int) {\n  beds(first: $n) {\n    name\n  }\n}';
const stranger = anonymous('req_2');
const clock = createTestClock();

describe('documents that the web app was built with', () => {
  let folder: string;
  let house: GraphHouse | undefined;
  let builds = 0;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'steading-web-'));
    build(rain);
  });
  afterEach(async () => {
    await house?.endpoint.stop();
    rmSync(folder, { recursive: true });
  });

  function build(...texts: string[]): void {
    const path = join(folder, manifestName);
    writeFileSync(path, JSON.stringify(Object.fromEntries(texts.map((text) => [sha256(text), text]))));
    builds += 1;
    utimesSync(path, builds, builds);
  }

  async function start(documents: GraphSettings['documents'] = 'any'): Promise<GraphHouse> {
    house = await startGraph({
      settings: { ...graphSettings, documents },
      documents: createKnownDocuments(folder, clock, createLog({ level: 'silent' })),
    });
    return house;
  }

  const byId: readonly [string, object][] = [
    ['documentId', { documentId: `sha256:${sha256(rain)}` }],
    ['a bare documentId', { documentId: sha256(rain) }],
    [
      'extensions.persistedQuery',
      { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(rain) } }, operationName: 'Rain' },
    ],
    ['its text and its id', { query: rain, documentId: `sha256:${sha256(rain)}` }],
  ];
  it.each(byId)('runs what is named by %s', async (_, body) => {
    const { ask } = await start('known');
    expect((await ask(body)).json).toEqual({ data: { rain: true } });
  });

  it('says of an id that it is not known, in a way that the text can be sent after all', async () => {
    const { ask } = await start();
    const { json, status } = await ask({ documentId: `sha256:${sha256(beds)}` });
    expect(status).toBe(400);
    expect(json.errors).toMatchObject([{ message: /Send its text/, extensions: { code: 'gateway.document-unknown' } }]);
    const odd = await ask({ documentId: '../../etc/passwd' });
    expect(odd.json.errors[0].extensions.code).toBe('gateway.document-unknown');
  });

  it('refuses a text under the id of another', async () => {
    const { ask } = await start();
    const { json } = await ask({ query: beds, documentId: sha256(rain) });
    expect(json.errors[0].extensions.code).toBe('gateway.document-differs');
  });

  it.each([
    ['any', 200, 200],
    ['known-for-anonymous', 403, 200],
    ['known', 403, 403],
  ] as const)(
    '%s: strangers with a text of their own are answered %i, others %i',
    async (setting, strangers, others) => {
      const { ask } = await start(setting);
      const own = { query: '{ rain }' };
      expect((await ask(own, { caller: stranger })).status).toBe(strangers);
      const answer = await ask(own);
      expect(answer.status).toBe(others);
      if (others === 403) expect(answer.json.errors[0].extensions.code).toBe('gateway.documents-only');
      expect((await ask({ query: rain }, { caller: stranger })).json).toEqual({ data: { rain: true } });
    },
  );

  it('takes in a new build beside the running house, and still knows the one before', async () => {
    const { ask } = await start('known');
    build(beds);
    expect((await ask({ documentId: sha256(beds), variables: { n: 1 } })).status).toBe(400);
    await clock.advance(2_500);
    expect((await ask({ documentId: sha256(beds), variables: { n: 1 } })).json.data.beds).toHaveLength(1);
    expect((await ask({ documentId: sha256(rain) })).status).toBe(200);
  });

  it('takes nothing from a list whose ids are not those of its texts', async () => {
    writeFileSync(join(folder, manifestName), JSON.stringify({ [sha256(rain)]: beds }));
    const { ask } = await start();
    expect((await ask({ documentId: sha256(rain) })).status).toBe(400);
  });
});
