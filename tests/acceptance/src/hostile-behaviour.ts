/** What breaks servers, sent to one house of each kind: it takes time to start, so all of it stands in one file. */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { canaryEnvironment, sendCanaries } from '#src/canaries.ts';
import { type OutsideServers, startOutsideServers } from '#src/canary-servers.ts';
import { absentIds, type Ids, plantGarden, plantOwn } from '#src/garden.ts';
import { askSchema, operationFor, rootFields } from '#src/graph-probe.ts';
import { hostileArchives, tarball } from '#src/hostile-archives.ts';
import type { OpenHouse, StartHouse } from '#src/house-under-test.ts';
import { makeApp, startDeployment, visit } from '#src/main-job.ts';
import { oddBody, oddValue } from '#src/odd-values.ts';
import { claimHouse, createPerson, deploymentEnds, type Person } from '#src/person.ts';
import { restRouteTable } from '#src/rest-route-table.ts';
import { nestedArguments, rootFieldTable } from '#src/root-field-table.ts';
import { filesBelow, findIn, findInFiles, findInProcesses, findInTables } from '#src/secret-search.ts';
import { openSubscription } from '#src/subscription.ts';

/** Of a house that may read sources of this machine, and is told of the servers outside by its environment. */
export function hostileInput(where: string, start: StartHouse<OpenHouse>): void {
  describe(`hostile input in ${where}`, () => {
    let house: OpenHouse;
    let pids: readonly number[];
    let git: GitServer;
    let outside: OutsideServers;
    let operator: Person;
    let schema: GraphQLSchema;
    let ids: Ids;
    let archiveApp: string;
    let setupToken: string;
    /** Every secret that was sent in anywhere. */
    const secrets = new Map<string, string>();

    beforeAll(async () => {
      const limits = {
        STEADING_REQUESTS_PER_MINUTE: '100000',
        STEADING_ADDRESS_PER_MINUTE: '100000',
        STEADING_SIGN_IN_PER_MINUTE: '1000',
        STEADING_DEPLOY_STARTS_PER_MINUTE: '600',
      };
      [outside, git] = await Promise.all([startOutsideServers(), startGitServer()]);
      house = await start({ ...limits, ...canaryEnvironment(outside) });
      pids = house.pids();
      setupToken = house.setupToken;
      operator = await claimHouse(house.url, setupToken);
      schema = await askSchema(operator);
      ids = await plantGarden(operator, await git.repository('garden'));
      archiveApp = (await plantOwn(operator, 'archives')).app;
    }, 120_000);
    afterAll(async () => {
      await house?.stop();
      await git?.stop();
      await outside?.stop();
    });

    /** The same services behind more doors: they are asked again with --long, and else only what they give away is. */
    const isWhole = where === 'one process' || inject('longTests');
    const givesAway = where !== 'one process' || inject('longTests');

    const isReady = async () => (await createPerson(house.url).rest('GET', '/readyz')).status === 200;

    /** One HTTP/1.1 request as bytes, for what no client would send. */
    function raw(bytes: string): Promise<string> {
      return new Promise((done) => {
        const socket = connect(house.port, '127.0.0.1', () => socket.write(bytes));
        let text = '';
        socket.setTimeout(3_000, () => socket.destroy());
        socket.on('data', (chunk) => (text += chunk));
        socket.on('error', () => {});
        socket.on('close', () => done(text));
      });
    }

    if (isWhole) {
      test('GraphQL takes JSON of the type application/json, and nothing else', async () => {
        const body = '{"query":"{ houseInfo { name } }"}';
        const send = async (type: string) => {
          const headers = { origin: house.url, cookie: operator.cookie(), 'content-type': type };
          const answer = await fetch(`${house.url}/graphql`, { method: 'POST', body, headers });
          return { status: answer.status, text: await answer.text() };
        };
        expect((await send('application/json; charset=utf-8')).status).toBe(200);
        for (const type of [
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=x',
          'a/b',
        ])
          expect(await send(type)).toMatchObject({ status: 415, text: expect.stringContaining('"gateway.not-json"') });
      });

      test('values of wrong types and odd texts break no field', async () => {
        const known = Object.values(ids);
        const ending = new Set([
          'removeSpace',
          'removeProject',
          'removeApp',
          'endSession',
          'endOtherSessions',
          'stopApp',
        ]);
        const broken: unknown[] = [];
        for (const [name, root] of rootFields(schema)) {
          if (name === 'inspectSource') continue;
          const values = fc.record(
            Object.fromEntries(
              root.field.args.map((arg) => [arg.name, oddValue(arg.type, ending.has(name) ? ['x'] : known)]),
            ),
          );
          for (const variables of fc.sample(values, {
            numRuns: root.field.args.length === 0 ? 1 : 14,
            seed: 4711,
          })) {
            const query = operationFor(root, variables, nestedArguments);
            const { status, text } = await (root.operation === 'subscription' ? openBriefly : post)({
              query,
              variables,
            });
            if (status >= 500 || /"code":"internal"|"errors":\[\{"message":"[^"]*","path"[^}]*\}\]/.test(text))
              broken.push({ name, variables, text: text.slice(0, 300) });
          }
        }
        expect(broken.slice(0, 20)).toEqual([]);
        expect(await isReady()).toBe(true);
      }, 60_000);

      test('odd bodies break no REST route', async () => {
        const fields = ['token', 'name', 'email', 'password', 'invitation', 'deviceCode', 'ref', 'after', 'commits'];
        const broken: unknown[] = [];
        for (const [route, probes] of Object.entries(restRouteTable)) {
          const path = probes[0]?.path(ids) ?? route.split(' ')[1]!;
          if (!route.startsWith('POST') || path === '/auth/sign-out') continue;
          for (const body of fc.sample(oddBody(fields), { numRuns: 15, seed: 4711 })) {
            const answer = await createPerson(house.url).rest('POST', path, body, { ...probes.at(-1)?.headers });
            const code = (answer.body.error as { code?: string } | undefined)?.code;
            if (answer.status >= 500 || (answer.status >= 400 && (!code || code === 'internal')))
              broken.push({ route, sent: body.slice(0, 200), ...answer });
          }
        }
        expect(broken).toEqual([]);
        expect(await isReady()).toBe(true);
      }, 60_000);

      test('odd ids and paths in addresses break no route', async () => {
        const odd = ['%00', '%ff', '%2e%2e%2f', 'a'.repeat(490), 'a'.repeat(3000), '%E2%80%AE', '..', '*', "'", '%25'];
        for (const route of Object.keys(restRouteTable).filter((each) => each.includes(':')))
          for (const text of odd) {
            const [method = '', path = ''] = route.split(' ');
            const answer = await fetch(`${house.url}${path.replace(/:\w+/, text)}`, {
              method,
              headers: { origin: house.url, cookie: operator.cookie() },
              redirect: 'manual',
            });
            await answer.arrayBuffer();
            expect({ route, text, broke: answer.status >= 500 }).toEqual({ route, text, broke: false });
          }
      });

      test('what is too large is refused before it is read', async () => {
        const large = 'x'.repeat(300 * 1024);
        for (const [path, headers] of [
          ['/graphql', {}],
          ['/auth/sign-in', {}],
          [`/hooks/deploy/run/${ids.app}`, {}],
          ['/auth/device/poll', {}],
        ] as const) {
          // The answer reaches whoever is still sending, each time.
          for (let count = 0; count < 10; count++) {
            const answer = await operator.rest('POST', path, JSON.stringify({ query: large, token: large }), headers);
            expect({ path, status: answer.status, text: JSON.stringify(answer.body) }).toMatchObject({
              status: 413,
              text: expect.stringContaining('"too-large"'),
            });
          }
        }
        const host = `Host: localhost:${house.port}\r\n`;
        expect(await raw(`GET / HTTP/1.1\r\n${host}X-Large: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
        expect(await raw(`GET / HTTP/1.1\r\n${host}${'X-A: 1\r\n'.repeat(400)}\r\n`)).toMatch(/^HTTP\/1\.1 431/);
        expect(await raw(`GET / HTTP/1.1\r\n${host}Cookie: ${'a=b; '.repeat(3_900)}\r\n\r\n`)).toMatch(
          /^HTTP\/1\.1 431/,
        );
        expect(await raw(`POST /graphql HTTP/1.1\r\n${host}Content-Length: 999999999999\r\n\r\n{}`)).toMatch(
          /^HTTP\/1\.1 413/,
        );
        for (const lines of [
          'Content-Length: 3\r\nTransfer-Encoding: chunked',
          'Content-Length: 3\r\nContent-Length: 4',
        ])
          expect(await raw(`POST /graphql HTTP/1.1\r\n${host}${lines}\r\n\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400/);
        expect(await raw('GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
        expect(await isReady()).toBe(true);
      });

      test.each(Object.keys(hostileArchives))('refuses %s, and writes nothing of it', async (name) => {
        const before = filesBelow(house.dataDir).filter((each) => /outside|leak/.test(each));
        const answer = await fetch(`${house.url}/api/deploy/archive?app=${archiveApp}`, {
          method: 'POST',
          body: new Uint8Array(hostileArchives[name]!()),
          headers: { origin: house.url, cookie: operator.cookie(), 'content-type': 'application/octet-stream' },
        });
        expect(await answer.json()).toMatchObject({
          error: { code: expect.stringMatching(/^deploy\.(bad-archive|archive-too-large)$/) },
        });
        const after = filesBelow(house.dataDir).filter((each) => /outside|leak/.test(each));
        expect(after).toEqual(before);
        expect(existsSync(join(house.root, 'tmp/steading-outside.txt'))).toBe(false);
      });

      test('damaged archives break nothing', async () => {
        const whole = tarball([{ path: 'index.html', text: 'hello '.repeat(50) }]);
        const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
        for (const changes of fc.sample(damage, { numRuns: 25, seed: 4711 })) {
          const bytes = new Uint8Array(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const answer = await fetch(`${house.url}/api/deploy/archive?app=${archiveApp}`, {
            method: 'POST',
            body: bytes,
            headers: { origin: house.url, cookie: operator.cookie(), 'content-type': 'application/gzip' },
          });
          const text = await answer.text();
          expect({ changes, status: answer.status < 500, internal: text.includes('"internal"') }).toEqual({
            changes,
            status: true,
            internal: false,
          });
        }
      });

      test('a site gives its files and nothing beside them', async () => {
        const pages = await git.repository('pages');
        await pages.commit({ 'index.html': '<h1>site</h1>', '.env': 'HIDDEN=1', '.git-credentials': 'x' });
        const site = await makeApp(operator, pages.url);
        expect(await deploymentEnds(operator, await startDeployment(operator, site.id))).toMatchObject({
          state: 'live',
        });
        expect((await visit(house, site.host)).text).toContain('site');
        const host = `Host: ${site.host}\r\nConnection: close\r\n`;
        for (const path of [
          '/../../../../etc/passwd',
          '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
          '/..%2f..%2f..%2fetc%2fpasswd',
          '/..%5c..%5cetc%5cpasswd',
          '/%252e%252e/etc/passwd',
          '//etc/passwd',
          '/.git/config',
          '/.env',
          '/.git-credentials',
          '/index.html%00.txt',
          '/%ff%fe',
        ]) {
          const answer = await raw(`GET ${path} HTTP/1.1\r\n${host}\r\n`);
          expect({ path, refused: /^HTTP\/1\.1 4\d\d/.test(answer) }).toEqual({ path, refused: true });
          expect(answer).not.toMatch(/root:|HIDDEN|\[core\]/);
        }
      });

      test.each([
        '--upload-pack=touch /tmp/steading-pwned',
        '-c core.sshCommand=id',
        'main..other',
        'refs/heads/../../x',
        'main\n--exec=id',
        '@{-1}',
        'a b',
      ])('refuses the branch and commit %j', async (ref) => {
        const update = 'mutation ($id: ID!, $i: UpdateAppInput!) { updateApp(id: $id, input: $i) { id } }';
        for (const source of [{ branch: ref }, { commit: ref }])
          expect(await operator.refusal(update, { id: ids.app, i: { source } })).toMatch(/^deploy\.bad-(ref|setting)$/);
        expect(
          await operator.refusal('mutation ($id: ID!, $c: String) { deploy(appId: $id, commit: $c) { id } }', {
            id: ids.app,
            c: ref,
          }),
        ).toBe('deploy.bad-ref');
        expect(existsSync(join(house.root, 'tmp/steading-pwned'))).toBe(false);
      });

      test('a word that is not understood opens nothing that is sealed', async () => {
        const set = 'mutation ($id: ID!, $to: String!) { setInherit(nodeId: $id, inherit: $to) { inherit } }';
        await operator.graph(set, { id: archiveApp, to: 'sealed' });
        for (const to of ['', 'SEALED', 'opened', 'null'])
          expect(await operator.refusal(set, { id: archiveApp, to })).toBe('forest.inherit');
        const { accessNode } = await operator.graph<{ accessNode: { inherit: string } }>(
          'query ($id: ID!) { accessNode(id: $id) { inherit } }',
          { id: archiveApp },
        );
        expect(accessNode.inherit).toBe('sealed');
      });

      test('a cookie that another site planted is nobody, and is taken back', async () => {
        for (const cookie of ['steading_session=planted', `steading_session=${'p'.repeat(43)}`]) {
          const answer = await fetch(`${house.url}/graphql`, {
            method: 'POST',
            body: '{"query":"{ viewer { sessionId } }"}',
            headers: { 'content-type': 'application/json', origin: house.url, cookie },
          });
          expect(await answer.json()).toEqual({ data: { viewer: null } });
          expect(answer.headers.getSetCookie().join()).toMatch(/steading_session=;.*Max-Age=0/);
        }
      });
    }

    test('hooks take what is signed, once, and nothing that was forged', async () => {
      const renew = async (hook: string) => {
        const { renewHook } = await operator.graph<{ renewHook: { url: string; secret: string } }>(
          'mutation ($id: ID!, $hook: String!) { renewHook(appId: $id, hook: $hook) { url secret } }',
          { id: ids.app, hook },
        );
        secrets.set(hook, renewHook.secret);
        return { path: new URL(renewHook.url).pathname, secret: renewHook.secret };
      };
      const { path, secret } = await renew('webhook');
      const { app } = await operator.graph<{ app: { live: { commit: string } } }>(
        'query ($id: ID!) { app(id: $id) { live { commit } } }',
        { id: ids.app },
      );
      const body = JSON.stringify({ ref: 'refs/heads/main', after: app.live.commit });
      const sign = (text: string, key = secret) => `sha256=${createHmac('sha256', key).update(text).digest('hex')}`;
      const send = async (text: string, headers: Record<string, string>) => {
        const answer = await createPerson(house.url).rest('POST', path, text, { 'x-github-event': 'push', ...headers });
        return (answer.body.error as { code: string } | undefined)?.code ?? answer.status;
      };
      const delivery = (last: number) => ({ 'x-github-delivery': `00000000-0000-4000-8000-00000000000${last}` });
      for (const signature of [
        '',
        'sha256=',
        `sha1=${sign(body).slice(7)}`,
        sign(body, 'wrong'),
        sign(`${body} `),
        'x',
      ])
        expect(await send(body, { ...delivery(1), 'x-hub-signature-256': signature })).toBe('deploy.hook-refused');
      expect(await send(body, delivery(1))).toBe('deploy.hook-refused');
      expect(await send(body, { 'x-gitlab-token': 'wrong', 'x-gitlab-event': 'Push Hook' })).toBe(
        'deploy.hook-refused',
      );
      expect(await send('{}', { ...delivery(1), 'x-hub-signature-256': sign('{}') })).toBe('deploy.hook-unreadable');
      const good = { ...delivery(2), 'x-hub-signature-256': sign(body) };
      expect(await send(body, good)).toBe(202);
      expect(await send(body, good)).toBe('deploy.hook-replayed');
      // The delivery's id is not signed: a replay under another id is the same push all the same.
      expect(await send(body, { ...good, ...delivery(3) })).toBe('deploy.hook-replayed');
      const hook = await renew('deploy-hook');
      for (const authorization of ['', 'Bearer', `Basic ${hook.secret}`, 'Bearer dhk_wrong', `Bearer ${secret}`]) {
        const answer = await createPerson(house.url).rest('POST', hook.path, '', { authorization });
        expect((answer.body.error as { code: string }).code).toBe('deploy.hook-refused');
      }
    });

    if (givesAway)
      test('no secret that was sent in lies anywhere in clear', async () => {
        const seen = new Set<string>();
        let processes = 0;
        const look = () => {
          // Git is told its token by its environment, an app its variable.
          const held = (program: string) => (/git|ssh/.test(program) ? ['the Git token'] : ['a variable']);
          const found = findInProcesses(pids, secrets, held);
          for (const one of found.found) seen.add(one);
          processes = Math.max(processes, found.processes);
        };
        // As often as takes a tenth of the time, however many processes there are.
        let looking: NodeJS.Timeout | undefined;
        const lookOften = () => {
          const began = performance.now();
          look();
          looking = setTimeout(lookOften, Math.max(100, 9 * (performance.now() - began)));
        };
        lookOften();
        await sendCanaries({ house, git, operator, outside }, secrets).finally(() => clearTimeout(looking));
        secrets.set('the set-up token', setupToken);
        look();
        expect(processes).toBeGreaterThan(pids.length);
        expect([...seen]).toEqual([]);
        const files = findInFiles(house.dataDir, secrets);
        const tables = await findInTables(house.databaseUrl, secrets);
        expect(files.files).toBeGreaterThan(5);
        expect(tables.rows).toBeGreaterThan(50);
        expect(secrets.size).toBeGreaterThanOrEqual(24);
        expect([...files.found, ...tables.found, ...findIn('the log', Buffer.from(house.logText()), secrets)]).toEqual(
          [],
        );
        const answers: string[] = [];
        for (const [name, root] of rootFields(schema))
          for (const probe of root.operation === 'query' ? rootFieldTable[name]! : []) {
            const variables = probe.args({ ...absentIds(), ...ids });
            const query = operationFor(root, variables, nestedArguments);
            answers.push((await post({ query, variables })).text);
          }
        for (const path of ['/', '/sign-in', '/metrics', '/readyz', '/livez', '/.well-known/steading-app-keys.json'])
          answers.push(await (await fetch(house.url + path, { headers: { cookie: operator.cookie() } })).text());
        expect(answers.join('\n')).toContain('steading_house_request_seconds');
        expect(findIn('an answer', Buffer.from(answers.join('\n')), secrets)).toEqual([]);
      }, 120_000);

    interface Asked {
      readonly query: string;
      readonly variables: Readonly<Record<string, unknown>>;
    }

    async function post(asked: Asked): Promise<{ status: number; text: string }> {
      const answer = await operator.rest('POST', '/graphql', asked);
      return { status: answer.status, text: JSON.stringify(answer.body) };
    }

    /** Until a first answer; what is followed in vain is left soon. */
    async function openBriefly(asked: Asked): Promise<{ status: number; text: string }> {
      const one = await openSubscription(house.url, asked, { origin: house.url, cookie: operator.cookie() });
      const first = waitFor('an answer', () => one.answers().length > 0, { timeoutMs: 100, everyMs: 5 });
      await Promise.race([one.ended, first.catch(() => {})]);
      one.leave();
      return { status: one.status, text: one.text() };
    }

    test('after all of it the house is ready, and nothing broke inside', async () => {
      expect(await isReady()).toBe(true);
      expect(house.pids()).toEqual(pids);
      const failures = house
        .logText()
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line));
      expect(failures.map((line) => line.slice(0, 600))).toEqual([]);
      expect(existsSync(join(house.dataDir, 'setup-link'))).toBe(false);
    });
  });
}
