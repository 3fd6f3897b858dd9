import { createHmac } from 'node:crypto';
import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashingApp, serverApp, staticApp } from '#src/app-sources.ts';
import type { HouseUnderTest, StartHouse } from '#src/house-under-test.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, createPerson, deploymentEnds, type Person, registerPerson } from '#src/person.ts';
import { type OpenSubscription, openSubscription } from '#src/subscription.ts';

/** What of the house's names an app finds in its environment. */
const toldToApps = new Set(['STEADING_INSTANCE', 'STEADING_APP_ID', 'STEADING_URL']);

/** What every house must do for people, however it is run: `start` gives a fresh one that may read sources of this machine. */
export function mainJob(where: string, start: StartHouse<HouseUnderTest>): void {
  describe(`the main job in ${where}`, () => {
    let house: HouseUnderTest;
    let git: GitServer;
    let operator: Person;
    let repository: TestRepository;
    let app: MadeApp;

    beforeAll(async () => {
      [house, git] = await Promise.all([start({}), startGitServer()]);
      operator = await claimHouse(house.url, house.setupToken);
      repository = await git.repository('site');
      await repository.commit(serverApp('first version'));
      app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
    });
    afterAll(async () => {
      await house?.stop();
      await git?.stop();
    });

    test('a used set-up link makes nobody else an operator', async () => {
      const again = await operator.copy().rest('POST', '/auth/setup', {
        token: 'x'.repeat(43),
        name: 'Mallory',
        email: 'mallory@example.org',
        password: 'a long enough password',
      });
      expect(again.status).toBeGreaterThanOrEqual(400);
    });

    test('an unknown host is nobody', async () => {
      const answer = await visit(house, 'nobody.localhost');
      expect(answer.status).toBe(404);
    });

    test('a Git repository becomes a reachable app', async () => {
      const changes = await follow(
        'subscription ($app: ID!) { deploymentChanged(appId: $app) { id state by { name } app { nameId live { id } } } }',
        { app: app.id },
      );
      const id = await startDeployment(operator, app.id);
      const log = (after: number) =>
        follow(
          'subscription ($id: ID!, $after: Int) { deploymentLog(id: $id, after: $after) { last lines { position } } }',
          {
            id,
            after,
          },
        );
      const early = await log(0);
      const pagesOf = (one: OpenSubscription) =>
        (one.answers() as { data: { deploymentLog: { lines: { position: number }[] } } }[]).flatMap(({ data }) =>
          data.deploymentLog.lines.map((line) => line.position),
        );
      await waitFor('the first lines', () => pagesOf(early).length > 0);
      early.leave();
      const ended = await deploymentEnds(operator, id);
      expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
      expect(ended.trace?.sent).toBeGreaterThan(0);
      expect(await visit(house, app.host)).toEqual({ status: 200, text: 'first version' });

      // What another service knows, in each answer; what changed, in the last.
      const seen = () => changes.answers() as { data: { deploymentChanged: { state: string } } }[];
      await waitFor('the last change', () => seen().at(-1)?.data.deploymentChanged.state === 'live');
      const common = { id, by: { name: 'Olive Operator' }, app: { nameId: 'web' } };
      expect(seen().length).toBeGreaterThan(2);
      for (const { data } of seen()) expect(data.deploymentChanged).toMatchObject(common);
      expect(seen().at(-1)).toMatchObject({ data: { deploymentChanged: { app: { live: { id } } } } });
      changes.leave();
      const before = pagesOf(early);
      const late = await log(before.at(-1)!);
      await late.ended;
      const positions = [...before, ...pagesOf(late)];
      expect(positions).toEqual(positions.map((_, index) => index + 1));
      expect(late.text()).toContain('event: complete');
    });

    const follow = (query: string, variables: Record<string, unknown>) =>
      openSubscription(house.url, { query, variables }, { origin: house.url, cookie: operator.cookie() });

    test('a signed push replaces it, a forged one does not', async () => {
      await repository.commit(serverApp('second version'), 'Say second');
      const { renewHook } = await operator.graph<{ renewHook: { url: string; secret: string } }>(
        'mutation ($id: ID!) { renewHook(appId: $id, hook: "webhook") { url secret } }',
        { id: app.id },
      );
      const path = new URL(renewHook.url).pathname;
      const body = JSON.stringify({ ref: 'refs/heads/main', after: await repository.commit({}, 'Once more') });
      const sign = (secret: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const push = (secret: string, delivery: string) =>
        fetch(`${house.url}${path}`, {
          method: 'POST',
          body,
          headers: {
            'content-type': 'application/json',
            'x-github-event': 'push',
            'x-github-delivery': delivery,
            'x-hub-signature-256': sign(secret),
          },
        });
      const forged = await push('wrong', 'aaaaaaaa-0000-4000-8000-000000000001');
      expect(forged.status).toBeGreaterThanOrEqual(400);
      expect((await push(renewHook.secret, 'aaaaaaaa-0000-4000-8000-000000000002')).status).toBeLessThan(300);
      await waitFor('the second version', async () => (await visit(house, app.host)).text === 'second version', {
        timeoutMs: 60_000,
      });
    });

    test('a rollback brings the first back', async () => {
      const { app: seen } = await waitFor(
        'the second to be live',
        async () => {
          const view = await operator.graph<{
            app: {
              live: { number: number } | null;
              deployments: { nodes: { id: string; number: number; canRollBackTo: boolean }[] };
            };
          }>(
            'query ($id: ID!) { app(id: $id) { live { number } deployments { nodes { id number canRollBackTo } } } }',
            {
              id: app.id,
            },
          );
          return view.app.live?.number === 2 && view;
        },
        { timeoutMs: 60_000 },
      );
      const first = seen.deployments.nodes.find((each) => each.number === 1);
      expect(first?.canRollBackTo).toBe(true);
      const { rollBack } = await operator.graph<{ rollBack: { id: string } }>(
        'mutation ($app: ID!, $to: ID!) { rollBack(appId: $app, toDeploymentId: $to) { id } }',
        { app: app.id, to: first?.id },
      );
      expect(await deploymentEnds(operator, rollBack.id)).toMatchObject({ state: 'live' });
      expect((await visit(house, app.host)).text).toBe('first version');
    });

    test('a version that dies leaves the one before in place, and says why', async () => {
      await repository.commit(crashingApp(), 'Break it');
      const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
      expect(ended.state).toBe('failed');
      const { deployment } = await operator.graph<{ deployment: { lastLines: { text: string }[] } }>(
        'query ($id: ID!) { deployment(id: $id) { lastLines { text } } }',
        { id: ended.id },
      );
      expect(deployment.lastLines.map((line) => line.text).join('\n')).toContain('the cupboard is bare');
      expect((await visit(house, app.host)).text).toBe('first version');
    });

    test('a secret reaches the app, and neither the log nor the screen', async () => {
      await repository.commit(serverApp('with a secret'), 'Use a secret');
      await operator.graph(
        'mutation ($id: ID!) { setVariables(ownerId: $id, variables: [{ name: "CANARY", value: "canary-4711-secret", secret: true }]) { name value } }',
        { id: app.id },
      );
      const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
      expect(ended.state).toBe('live');
      expect(JSON.parse((await visit(house, app.host, '/env')).text)).toMatchObject({
        CANARY: 'canary-4711-secret',
        NODE_ENV: 'production',
      });
      const shown = await operator.graph<{ variables: { name: string; value: string | null }[] }>(
        'query ($id: ID!) { variables(ownerId: $id) { name value } }',
        { id: app.id },
      );
      expect(shown.variables).toEqual([{ name: 'CANARY', value: null }]);
      expect(house.logText()).not.toContain('canary-4711-secret');
    });

    test('an app sees nothing of the house', async () => {
      const seen = JSON.parse((await visit(house, app.host, '/env')).text) as Record<string, string>;
      expect(
        Object.keys(seen).filter(
          (name) => name === 'DATABASE_URL' || (name.startsWith('STEADING_') && !toldToApps.has(name)),
        ),
      ).toEqual([]);
    });

    test('a folder of files needs no program', async () => {
      const pages = await git.repository('pages');
      await pages.commit(staticApp('Just files'));
      const site = await makeApp(operator, pages.url);
      expect(await deploymentEnds(operator, await startDeployment(operator, site.id))).toMatchObject({ state: 'live' });
      expect((await visit(house, site.host)).text).toContain('Just files');
      expect((await visit(house, site.host, '/%2e%2e/%2e%2e/etc/passwd')).status).toBeGreaterThanOrEqual(400);
    });

    test('a guest sees the app, may not deploy it, and is told why', async () => {
      const guest = await registerPerson(operator, 'Gita Guest', 'gita@example.org');
      expect(await guest.refusal('query ($id: ID!) { app(id: $id) { id } }', { id: app.id })).toBe('not-found');
      await operator.graph(
        'mutation ($space: ID!) { inviteToSpace(spaceId: $space, email: "gita@example.org", role: "guest") { id } }',
        { space: app.spaceId },
      );
      const { mySpaceInvitations } = await guest.graph<{ mySpaceInvitations: { id: string }[] }>(
        '{ mySpaceInvitations { id } }',
      );
      await guest.graph('mutation ($id: ID!) { acceptSpaceInvitation(id: $id) { id } }', {
        id: mySpaceInvitations[0]?.id,
      });
      const { app: seen } = await guest.graph<{
        app: { may: { deploy: boolean }; why: { allowed: boolean; text: string } };
      }>('query ($id: ID!) { app(id: $id) { may { deploy } why(action: "deploy") { allowed text } } }', { id: app.id });
      expect(seen).toMatchObject({ may: { deploy: false }, why: { allowed: false } });
      expect(seen.why.text).toMatch(/guest|viewer/i);
      expect(await guest.refusal('mutation ($id: ID!) { deploy(appId: $id) { id } }', { id: app.id })).toBe(
        'forbidden',
      );
    });

    test('an ended session is refused everywhere within a second', async () => {
      const second = createPerson(house.url);
      const fresh = await second.rest('POST', '/auth/sign-in', {
        email: 'olive@example.org',
        password: 'correct horse battery staple',
      });
      expect(fresh.status).toBeLessThan(300);
      const { mySessions } = await second.graph<{ mySessions: { id: string; current: boolean }[] }>(
        '{ mySessions { id current } }',
      );
      await operator.graph('mutation ($id: ID!) { endSession(id: $id) }', {
        id: mySessions.find((session) => session.current)?.id,
      });
      await waitFor(
        'the session to be refused',
        async () => (await second.graph<{ viewer: unknown }>('{ viewer { person { id } } }')).viewer === null,
        { timeoutMs: 1_000 },
      );
    });

    test('the audit trail has it all, unbroken', async () => {
      const { verifyAudit, audit } = await waitFor('the audit trail', async () => {
        const seen = await operator.graph<{
          verifyAudit: { ok: boolean; entries: number };
          audit: { nodes: { action: string }[] };
        }>('{ verifyAudit { ok entries } audit(first: 200) { nodes { action } } }');
        return seen.verifyAudit.entries >= 10 && seen;
      });
      expect(verifyAudit.ok).toBe(true);
      expect(audit.nodes.some((entry) => entry.action.startsWith('identity.'))).toBe(true);
      expect(audit.nodes.some((entry) => entry.action.startsWith('deploy.'))).toBe(true);
    });

    test('a removed app leaves no process and no address', async () => {
      await operator.graph('mutation ($id: ID!) { removeApp(id: $id) }', { id: app.id });
      await waitFor('the address to be gone', async () => (await visit(house, app.host)).status === 404);
      expect(await operator.refusal('query ($id: ID!) { app(id: $id) { id } }', { id: app.id })).toBe('not-found');
    });
  });
}
