/** One crawl of every way in, by everybody who must not come in: it takes a garden to plant, so all of it stands in one file. */
import { catalogue } from '@steading/house/catalogue';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import type { GraphQLSchema } from 'graphql';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  absentIds,
  hiddenWord,
  type Ids,
  inviteTo,
  makeToken,
  managedWord,
  plantGarden,
  plantOwn,
  snapshot,
  takePart,
} from '#src/garden.ts';
import { askSchema, nestedWithArguments, operationFor, rootFields } from '#src/graph-probe.ts';
import type { HouseUnderTest, StartHouse } from '#src/house-under-test.ts';
import { join, openLive } from '#src/live-connection.ts';
import { claimHouse, createPerson, type Person, registerPerson } from '#src/person.ts';
import { declaredRoutes, restRouteTable } from '#src/rest-route-table.ts';
import { type FieldProbe, nestedArguments, type Openness, rootFieldTable } from '#src/root-field-table.ts';
import { openSubscription } from '#src/subscription.ts';

const limits = {
  STEADING_REQUESTS_PER_MINUTE: '100000',
  STEADING_ADDRESS_PER_MINUTE: '100000',
  STEADING_SIGN_IN_PER_MINUTE: '1000',
};
const topics = catalogue.flatMap((service) => service.live ?? []);
const idOf: Readonly<Record<string, keyof Ids>> = { app: 'app', 'app-log': 'app', 'deployment-log': 'deployment' };

/** How somebody comes in: with a cookie, a token, or nothing. */
interface Visitor {
  readonly name: string;
  readonly cookie: string;
  readonly token?: string;
  readonly mayKnow: readonly Openness[];
  /** No word of these may ever reach them. */
  readonly never: readonly string[];
}

const refusals = new Set([
  'not-found',
  'forbidden',
  'unauthenticated',
  'identity.browser-only',
  'identity.device-code-unknown',
]);
/** What would end the crawl: it signs the crawler out, locks their password, suspends the owner, or lets operators in. */
const notTaken: Readonly<Record<string, readonly Openness[]>> = {
  endOtherSessions: ['own'],
  suspendPerson: ['operators'],
  breakGlass: ['operators'],
};

/** What nobody may learn or do who has no part in a space, by every way in; of a house that may read sources of this machine. */
export function strangers(where: string, start: StartHouse<HouseUnderTest>): void {
  describe(`strangers in ${where}`, () => {
    let house: HouseUnderTest;
    let git: GitServer;
    let owner: Person;
    let stranger: Person;
    let guest: Person;
    let schema: GraphQLSchema;
    let ids: Ids;
    let own: Pick<Ids, 'space' | 'project' | 'app'>;
    let visitors: Visitor[];
    const absent = absentIds();

    beforeAll(async () => {
      [house, git] = await Promise.all([start(limits), startGitServer()]);
      const operator = await claimHouse(house.url, house.setupToken);
      owner = await registerPerson(operator, 'Otto Owner', 'otto@example.org');
      stranger = await registerPerson(operator, 'Stella Stranger', 'stella@example.org');
      guest = await registerPerson(operator, 'Gita Guest', 'gita@example.org');
      schema = await askSchema(operator);
      ids = await plantGarden(owner, await git.repository('private'));
      await takePart(owner, guest, ids.space, 'gita@example.org');
      const invited = await registerPerson(operator, 'Ines Invited', 'ines@example.org');
      await inviteTo(owner, ids.space, 'ines@example.org');
      own = await plantOwn(stranger, 'elsewhere');
      const others = await plantOwn(owner, 'owners-other');
      const narrow = await makeToken(owner, [`*@${others.space}`], 'Narrow');
      const never = [hiddenWord, managedWord];
      visitors = [
        { name: 'nobody', cookie: '', mayKnow: ['public'], never },
        { name: 'a stranger', cookie: stranger.cookie(), mayKnow: ['public', 'own'], never },
        { name: 'an operator', cookie: operator.cookie(), mayKnow: ['public', 'own', 'operators'], never },
        { name: 'a guest', cookie: guest.cookie(), mayKnow: ['public', 'own', 'guests'], never: [managedWord] },
        {
          name: 'somebody invited',
          cookie: invited.cookie(),
          mayKnow: ['public', 'own'],
          never: [managedWord, 'quillwort-project', 'quillwort-app', 'App quillwort', 'Plant the', 'otto@example.org'],
        },
        { name: 'a narrow token', cookie: '', token: narrow.value, mayKnow: ['public', 'own'], never },
      ];
    }, 120_000);
    afterAll(async () => {
      await house?.stop();
      await git?.stop();
    });

    const headersOf = ({ cookie, token }: Visitor): Record<string, string> => ({
      ...(cookie && { cookie, origin: house.url }),
      ...(token && { authorization: `Bearer ${token}` }),
    });

    async function send(visitor: Visitor, name: string, probe: FieldProbe, about: Ids) {
      const root = rootFields(schema).get(name);
      if (!root) throw new Error(`the schema has no ${name}`);
      const variables = probe.args(about);
      if (root.operation === 'subscription') {
        const one = await openSubscription(
          house.url,
          { query: operationFor(root, variables, nestedArguments), variables },
          headersOf(visitor),
        );
        // Whoever is let in is told something at once; whoever is not is told why, and it ends.
        await Promise.race([one.ended, waitFor('a first answer', () => one.answers().length > 0)]);
        one.leave();
        return readAnswer(one.status === 200 ? JSON.stringify(one.answers()[0] ?? {}) : one.text());
      }
      const answer = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersOf(visitor) },
        body: JSON.stringify({ query: operationFor(root, variables, nestedArguments), variables }),
      });
      return readAnswer(await answer.text());
    }

    function readAnswer(text: string) {
      const body = JSON.parse(text) as { data?: Record<string, unknown>; errors?: { extensions: { code: string } }[] };
      return { text, body, codes: (body.errors ?? []).map((error) => error.extensions.code) };
    }

    const appLog = 'subscription ($app: ID!) { appLog(appId: $app) { lines { text } } }';
    const followLog = (who: Readonly<Record<string, string>>) =>
      openSubscription(house.url, { query: appLog, variables: { app: ids.app } }, { origin: house.url, ...who });

    test('every way into the graph, and every argument below, is in the table', () => {
      expect([...rootFields(schema).keys()].sort()).toEqual(Object.keys(rootFieldTable).sort());
      expect(nestedWithArguments(schema).sort()).toEqual(Object.keys(nestedArguments).sort());
      expect(schema.getQueryType()?.getFields()).not.toHaveProperty('_entities');
    });

    test.each(['nobody', 'a stranger', 'an operator', 'somebody invited', 'a guest', 'a narrow token'])(
      '%s reads nothing, changes nothing and learns of nothing by the graph',
      async (name) => {
        const at = visitors.findIndex((each) => each.name === name);
        const visitor = visitors[at]!;
        const before = await snapshot(owner, ids);
        const wrong: unknown[] = [];
        // The same services behind more doors: each field is asked by two of the six, with --long by all.
        const asks = (index: number) => where === 'one process' || inject('longTests') || index % 3 === at % 3;
        for (const [field, probes] of Object.entries(rootFieldTable).filter((_, index) => asks(index)))
          for (const probe of probes) {
            if (notTaken[field]?.includes(probe.for) && visitor.mayKnow.includes(probe.for)) continue;
            const seen = await send(visitor, field, probe, ids);
            const call = { field, args: probe.args(ids) };
            if (seen.codes.includes('internal')) wrong.push({ ...call, problem: 'an internal error', text: seen.text });
            const operators = probe.for === 'operators' && visitor.mayKnow.includes('operators');
            for (const word of operators ? [] : visitor.never)
              if (withoutArguments(seen.text, call.args).includes(word))
                wrong.push({ ...call, problem: `told of ${word}`, text: seen.text });
            if (visitor.mayKnow.includes(probe.for)) continue;
            if (!refusals.has(seen.codes[0] ?? '') && !(field === 'viewer' && seen.body.data?.viewer === null))
              wrong.push({ ...call, problem: 'not refused', text: seen.text });
            if (name === 'a guest') continue;
            const other = await send(visitor, field, probe, absent);
            if (alike(seen.text) !== alike(other.text))
              wrong.push({ ...call, problem: 'told apart from what is not there', text: seen.text, other: other.text });
          }
        expect(wrong).toEqual([]);
        expect(await snapshot(owner, ids)).toBe(before);
      },
      60_000,
    );

    test('an operator who breaks the glass is let in until it is mended, and the owner sees it', async () => {
      const operator = createPerson(house.url, visitors.find((each) => each.name === 'an operator')!.cookie);
      const node = { node: ids.space };
      const read = () => operator.refusal('query ($node: ID!) { space(id: $node) { name } }', node);
      const mend = 'mutation ($node: ID!) { mendGlass(nodeId: $node) { name } }';
      expect(await operator.refusal(mend, node)).toBe('not-found');
      await operator.graph(
        'mutation ($node: ID!) { breakGlass(nodeId: $node, minutes: 5, reason: "a complaint") { id } }',
        node,
      );
      expect(await read()).toBeUndefined();
      await operator.graph(mend, node);
      expect(await read()).toBe('not-found');
      await waitFor('the audit trail to have it', async () => {
        const { audit } = await owner.graph<{ audit: { nodes: { action: string; actor: string }[] } }>(
          'query ($node: ID!) { audit(nodeId: $node) { nodes { action actor } } }',
          node,
        );
        return audit.nodes.some((entry) => entry.action === 'forest.glass-broken');
      });
    });

    test('what is somebody else’s cannot be brought into what is one’s own', async () => {
      const before = await snapshot(owner, ids);
      const source = { kind: 'archive' };
      const ask = (about: Ids): Promise<(string | undefined)[]> =>
        Promise.all([
          stranger.refusal('mutation ($i: CreateAppInput!) { createApp(input: $i) { id } }', {
            i: { projectId: own.project, environmentId: about.environment, nameId: 'mixed', name: 'Mixed', source },
          }),
          stranger.refusal('mutation ($app: ID!, $to: ID!) { rollBack(appId: $app, toDeploymentId: $to) { id } }', {
            app: own.app,
            to: about.deployment,
          }),
          stranger.refusal('mutation ($app: ID!, $host: String!) { addDomain(appId: $app, host: $host) { host } }', {
            app: own.app,
            host: about.appHost,
          }),
          stranger.refusal('mutation ($app: ID!, $host: String!) { removeDomain(appId: $app, host: $host) }', {
            app: own.app,
            host: about.appHost,
          }),
          stranger.refusal('mutation ($id: ID!, $p: ID!) { removeMember(spaceId: $id, personId: $p) }', {
            id: own.space,
            p: about.person,
          }),
          stranger.refusal('query ($n: ID!) { accessNode(id: $n) { id } }', { n: about.spaceInvitation }),
        ]);
      const foreign = await ask(ids);
      expect(foreign.filter((code) => code === undefined || code === 'internal')).toEqual([]);
      expect(foreign).toEqual(await ask(absent));
      expect(await snapshot(owner, ids)).toBe(before);
    });

    test('every REST route is in the table', async () => {
      expect(await declaredRoutes()).toEqual(Object.keys(restRouteTable).sort());
    });

    test('no REST route lets anybody in, or tells what is there', async () => {
      const before = await snapshot(owner, ids);
      const wrong: unknown[] = [];
      for (const visitor of visitors)
        for (const [route, probes] of Object.entries(restRouteTable))
          for (const probe of probes) {
            const visit = async (about: Ids) => {
              const isText = typeof probe.body === 'string';
              const answer = await fetch(`${house.url}${probe.path(about)}`, {
                method: route.split(' ')[0]!,
                redirect: 'manual',
                headers: {
                  ...(probe.body !== undefined && !isText && { 'content-type': 'application/json' }),
                  ...headersOf(visitor),
                  ...probe.headers,
                },
                ...(probe.body !== undefined && { body: isText ? String(probe.body) : JSON.stringify(probe.body) }),
                signal: AbortSignal.timeout(5_000),
              });
              const text = answer.headers.get('content-type')?.includes('event-stream')
                ? 'a stream was opened'
                : await answer.text();
              return { status: answer.status, location: answer.headers.get('location') ?? '', text };
            };
            const seen = await visit(ids);
            const call = { visitor: visitor.name, route, ...seen };
            if (seen.status >= 500 || seen.text.includes('"internal"')) wrong.push({ ...call, problem: 'broke' });
            if (seen.status < 300 && route !== 'POST /auth/forgot') wrong.push({ ...call, problem: 'let in' });
            if (/^(https?:)?\/\//.test(seen.location)) wrong.push({ ...call, problem: 'sent elsewhere' });
            if (visitor.never.some((word) => seen.text.includes(word))) wrong.push({ ...call, problem: 'told' });
            if (visitor.name === 'a guest' || probe.path(ids) === probe.path(absent)) continue;
            const other = await visit(absent);
            if (alike(JSON.stringify(seen)) !== alike(JSON.stringify(other)))
              wrong.push({ ...call, other, problem: 'told apart from what is not there' });
          }
      expect(wrong).toEqual([]);
      expect(await snapshot(owner, ids)).toBe(before);
    });

    test('no live topic lets a stranger or a guest in where they may not read', async () => {
      expect(topics.map((topic) => topic.topic).sort()).toEqual(Object.keys(idOf).sort());
      expect(await openLive(house.url, '')).toBe('gateway.token-invalid');
      for (const visitor of visitors.filter((each) => each.cookie !== '')) {
        for (const topic of topics) {
          const socket = (await openLive(house.url, visitor.cookie, topic.namespace)) as Socket;
          const id = idOf[topic.topic]!;
          const seen = await join(socket, { topic: topic.topic, id: ids[id] });
          if (visitor.name === 'a guest' && topic.privilege === 'app.read') expect(seen.ok).toBe(true);
          else if (visitor.name === 'a guest') expect(seen.error?.code).toBe('forbidden');
          else {
            const other = await join(socket, { topic: topic.topic, id: absent[id] });
            expect(seen.error?.code).toBe('not-found');
            expect(alike(JSON.stringify(seen))).toBe(alike(JSON.stringify(other)));
          }
          for (const odd of [null, 1, 'x', [], {}, { topic: topic.topic }, { topic: 'none', id: 'x' }])
            expect((await join(socket, odd)).error?.code).toBe('gateway.bad-join');
          socket.disconnect();
        }
      }
    });

    test('whoever is removed is cut off within a second, from live connections and from logs', async () => {
      const { leaver, personId } = await lead('Lea Leaver', 'lea@example.org');
      const socket = (await openLive(house.url, leaver.cookie())) as Socket;
      const left: { topic: string; reason: string; at: number }[] = [];
      socket.on('left', (data: { topic: string; reason: string }) => left.push({ ...data, at: performance.now() }));
      for (const topic of topics)
        await waitFor(
          `${topic.topic} to be joined`,
          async () => (await join(socket, { topic: topic.topic, id: ids[idOf[topic.topic]!], after: 0 })).ok,
        );
      const events = await followLog({ cookie: leaver.cookie() });
      expect(events.status).toBe(200);
      await waitFor('the log', () => events.text().includes(managedWord));
      const began = performance.now();
      await owner.graph('mutation ($s: ID!, $p: ID!) { removeMember(spaceId: $s, personId: $p) }', {
        s: ids.space,
        p: personId,
      });
      const cut = await Promise.race([events.ended, later(3_000)]);
      expect(cut - began).toBeLessThan(1_000);
      expect(events.text()).toMatch(/"code":"not-found".*\n\nevent: complete\n/);
      // A finished deployment's log may have come to its end by itself before.
      await waitFor('the topics to be left', () => left.length === topics.length, { timeoutMs: 3_000 });
      expect(Math.max(...left.map((each) => each.at)) - began).toBeLessThan(1_000);
      expect(left.filter((each) => each.reason !== 'over').map((each) => each.reason)).toContain('no-longer-allowed');
      expect((await join(socket, { topic: 'app', id: ids.app })).error?.code).toBe('not-found');
      socket.disconnect();
    });

    test('whose session ended is cut off within a second, from live connections and from logs', async () => {
      const { leaver } = await lead('Sven Signer', 'sven@example.org');
      const socket = (await openLive(house.url, leaver.cookie())) as Socket;
      const appLog = { topic: 'app-log', id: ids.app, after: 0 };
      // Somebody else gave the role: the gateway's own forest may hear of it a moment later.
      await waitFor('the role to be known', async () => (await join(socket, appLog)).ok);
      const events = await followLog({ cookie: leaver.cookie() });
      await waitFor('the log', () => events.text().includes(managedWord));
      const closed = new Promise<number>((done) => socket.once('disconnect', () => done(performance.now())));
      const began = performance.now();
      expect((await leaver.rest('POST', '/auth/sign-out')).status).toBe(200);
      expect((await Promise.race([closed, later(3_000)])) - began).toBeLessThan(1_000);
      expect((await Promise.race([events.ended, later(3_000)])) - began).toBeLessThan(1_000);
    });

    test('whose token was revoked is cut off within a second', async () => {
      const token = await makeToken(owner, [`app.*@${ids.app}`], 'Reader');
      const authorization = `Bearer ${token.value}`;
      const events = await followLog({ authorization });
      await waitFor('the log', () => events.text().includes(managedWord));
      const began = performance.now();
      await owner.graph('mutation ($id: ID!) { revokeToken(id: $id) }', { id: token.id });
      expect((await Promise.race([events.ended, later(3_000)])) - began).toBeLessThan(1_000);
      expect((await followLog({ authorization })).status).toBe(401);
    });

    test('the house is ready, and nothing broke inside', async () => {
      expect((await createPerson(house.url).rest('GET', '/readyz')).status).toBe(200);
      expect(failures(house.logText())).toEqual([]);
    });

    /** Somebody who may read logs. */
    async function lead(name: string, email: string): Promise<{ leaver: Person; personId: string }> {
      const operator = createPerson(house.url, visitors.find((each) => each.name === 'an operator')!.cookie);
      const leaver = await registerPerson(operator, name, email);
      await takePart(owner, leaver, ids.space, email);
      const { viewer } = await leaver.graph<{ viewer: { person: { id: string } } }>('{ viewer { person { id } } }');
      await owner.graph(
        'mutation ($s: ID!, $p: ID!) { setMemberRole(spaceId: $s, personId: $p, role: "lead") { role } }',
        {
          s: ids.space,
          p: viewer.person.id,
        },
      );
      return { leaver, personId: viewer.person.id };
    }
  });
}

function later(ms: number): Promise<number> {
  return new Promise((done) => setTimeout(() => done(Number.POSITIVE_INFINITY), ms).unref());
}

/** An answer without what differs by its nature: ids, names that were asked with, times. */
function alike(text: string): string {
  return text
    .replace(/\b[a-z]{2,4}_[0-9A-Za-z]{16,}\b/g, '<id>')
    .replace(/"requestId":"[^"]*"/g, '')
    .replace(/(quillwort|nowhere)[a-z.-]*/g, '<name>');
}

/** Being told what one said oneself is no leak. */
function withoutArguments(text: string, args: Readonly<Record<string, unknown>>): string {
  const said = JSON.stringify(args).match(/[\w/.-]{4,}/g) ?? [];
  return said.reduce((rest, word) => rest.replaceAll(word, ''), text);
}

/** Lines of the log that tell of a defect: warnings may come, errors may not. */
function failures(log: string): string[] {
  return log.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line));
}
