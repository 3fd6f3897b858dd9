/** A deployed app's own fields in the house's graph, from the offer to the denial. */
import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleWithPackages } from '#src/example-sources.ts';
import { takePart } from '#src/garden.ts';
import type { HouseUnderTest, StartHouse } from '#src/house-under-test.ts';
import { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person, registerPerson } from '#src/person.ts';

const generous = { timeoutMs: 90_000, everyMs: 100 };
const files = exampleWithPackages('ratings', {
  graphql: 'libs/graph/node_modules/graphql',
  jose: 'libs/rpc/node_modules/jose',
});

interface Shown {
  readonly state: string;
  readonly reason: string | null;
  readonly adds: readonly string[];
}

/** Of a house that may read sources of this machine. */
export function appSubgraph(where: string, start: StartHouse<HouseUnderTest>): void {
  describe(`a subgraph of an app in ${where}`, { timeout: 180_000 }, () => {
    let house: HouseUnderTest;
    let git: GitServer;
    let operator: Person;
    let member: Person;
    let guest: Person;
    let stranger: Person;
    let repository: TestRepository;
    let app: MadeApp;

    beforeAll(async () => {
      [house, git] = await Promise.all([start({}), startGitServer()]);
      operator = await claimHouse(house.url, house.setupToken);
      repository = await git.repository('ratings');
      await repository.commit(files);
      app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 0 } });
      [member, guest, stranger] = (await Promise.all(
        ['mia', 'gus', 'eve'].map((name) => registerPerson(operator, name, `${name}@example.org`)),
      )) as [Person, Person, Person];
      await takePart(operator, member, app.spaceId, 'mia@example.org', 'member');
      await takePart(operator, guest, app.spaceId, 'gus@example.org', 'guest');
    });
    afterAll(async () => {
      await house?.stop();
      await git?.stop();
    });

    const redeploy = async () => {
      const { state, reason } = await deploymentEnds(operator, await startDeployment(operator, app.id), 120_000);
      expect([state, reason]).toEqual(['live', null]);
    };
    const shown = async () => {
      const query = 'query ($id: ID!) { app(id: $id) { subgraph { state reason adds } } }';
      return (await operator.graph<{ app: { subgraph: Shown | null } }>(query, { id: app.id })).app.subgraph;
    };
    const untilState = (state: string) =>
      waitFor(
        `the subgraph to be ${state}`,
        async () => {
          const seen = await shown();
          if (seen?.state === state) return seen;
          throw new Error(`${seen?.state}: ${seen?.reason}`);
        },
        generous,
      );
    const decide = (allow: boolean) =>
      operator.graph(
        'mutation ($id: ID!, $allow: Boolean!) { allowAppSubgraph(appId: $id, allow: $allow) { state } }',
        {
          id: app.id,
          allow,
        },
      );
    /** Data and errors as they come. */
    const ask = async (person: Person, query: string) => {
      const { body } = await person.rest('POST', '/graphql', { query, variables: { id: app.spaceId } });
      return body as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; path: unknown[]; extensions: { code: string } }[];
      };
    };
    const rated = 'query ($id: ID!) { space(id: $id) { name ratings_average } }';
    const rate = (stars: number) => `mutation ($id: ID!) { ratings_rate(spaceId: $id, stars: ${stars}) { average } }`;

    test('is asked together with the house once it is offered and allowed', async () => {
      await redeploy();
      await operator.graph(
        'mutation ($id: ID!) { offerAppSubgraph(appId: $id, path: "/graphql", name: "ratings") { state } }',
        { id: app.id },
      );
      expect(await shown()).toMatchObject({ state: 'offered' });
      expect((await ask(operator, rated)).errors?.[0]?.message).toMatch(/Cannot query field/);
      expect(
        await member.refusal('mutation ($id: ID!) { allowAppSubgraph(appId: $id, allow: true) { state } }', {
          id: app.id,
        }),
      ).toBe('forbidden');
      await decide(true);
      const { adds } = await untilState('serving');
      expect(adds).toEqual([
        'Mutation.ratings_rate',
        'Query.ratings_mine',
        'Query.ratings_top',
        'Space.ratings_average',
      ]);

      expect(await ask(operator, rate(5))).toEqual({ data: { ratings_rate: { average: 5 } } });
      expect(await ask(member, rate(4))).toEqual({ data: { ratings_rate: { average: 4.5 } } });
      expect(await ask(member, rate(2))).toEqual({ data: { ratings_rate: { average: 3.5 } } });
      const all = `query ($id: ID!) {
      viewer { person { name } }
      space(id: $id) { name ratings_average }
      ratings_mine(spaceId: $id)
      ratings_top { count average space { name myRole ratings_average } } }`;
      expect(await ask(member, all)).toEqual({
        data: {
          viewer: { person: { name: 'mia' } },
          space: { name: 'Garden', ratings_average: 3.5 },
          ratings_mine: 2,
          ratings_top: [{ count: 2, average: 3.5, space: { name: 'Garden', myRole: 'member', ratings_average: 3.5 } }],
        },
      });
    });

    test('is read by guests, not found by strangers, and shows nobody what they may not see', async () => {
      expect(await ask(guest, rated)).toEqual({ data: { space: { name: 'Garden', ratings_average: 3.5 } } });
      expect((await ask(guest, rate(1))).errors).toMatchObject([
        { path: ['ratings_rate'], extensions: { code: 'forbidden' } },
      ]);
      const seen = await ask(stranger, '{ viewer { person { name } } ratings_top { average } }');
      expect(seen.data).toEqual({ viewer: { person: { name: 'eve' } }, ratings_top: null });
      expect(seen.errors).toMatchObject([{ path: ['ratings_top'], extensions: { code: 'not-found' } }]);
      const published = await fetch(`${house.url}/.well-known/steading-app-keys.json`);
      expect(await published.json()).toEqual({
        keys: expect.arrayContaining([expect.objectContaining({ crv: 'Ed25519' })]),
      });
    });

    test('stays as it was where a deployment brings what does not fit, and the reason is shown', async () => {
      const schema = files['schema.graphql']!;
      // It keeps the rules; that nobody else has the field only the composition sees.
      const odd = schema
        .replace('["@key"]', '["@key", "@external"]')
        .replace('id: ID!\n', 'id: ID!\n  ratings_odd: Int @external\n');
      await repository.commit({ 'schema.graphql': odd });
      await redeploy();
      expect((await untilState('outdated')).reason).toMatch(/ratings_odd/);
      expect((await ask(member, rated)).data).toMatchObject({ space: { name: 'Garden' } });
      await repository.commit({ 'schema.graphql': schema });
      await redeploy();
      await untilState('serving');
    });

    test('fails alone while its app is stopped, and is back with it', async () => {
      await operator.graph('mutation ($id: ID!) { stopApp(id: $id) { state } }', { id: app.id });
      const failed = await waitFor(
        'its fields to fail',
        async () => {
          const seen = await ask(member, rated);
          return seen.errors && seen;
        },
        generous,
      );
      expect(failed.data).toEqual({ space: { name: 'Garden', ratings_average: null } });
      expect(failed.errors).toMatchObject([
        { path: ['space', 'ratings_average'], extensions: { code: 'unavailable' } },
      ]);
      await operator.graph('mutation ($id: ID!) { startApp(id: $id) { state } }', { id: app.id });
      await waitFor('its fields to be back', async () => !(await ask(member, rated)).errors, generous);
    });

    test('goes when an operator denies it', async () => {
      await decide(false);
      await waitFor(
        'its fields to go',
        async () => /Cannot query field/.test((await ask(member, rated)).errors?.[0]?.message ?? ''),
        generous,
      );
      expect(await ask(member, 'query ($id: ID!) { space(id: $id) { name } }')).toEqual({
        data: { space: { name: 'Garden' } },
      });
      expect(house.logText()).not.toMatch(/"level":"fatal"/);
    });
  });
}
