import { claimHouse, type Person, password, type RunningShape, registerPerson, startShape } from '@steading/acceptance';
import { type GitServer, startGitServer, startRunningTime, waitFor } from '@steading/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hostile } from '#src/hostile.ts';
import { bringIn, directives, type Tried } from '#src/injected.ts';
import { type Seed, seedHouse } from '#src/seed.ts';
import { shoot } from '#src/shoot.ts';
import { openVisitor, startBrowser, type Visitor } from '#src/visitor.ts';

describe('what pages show', () => {
  let house: RunningShape;
  let git: GitServer;
  let browser: Browser;
  let operator: Person;
  let newcomer: Person;
  let seed: Seed;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    [house, git, browser] = await Promise.all([startShape('one process'), startGitServer(), startBrowser()]);
    operator = await claimHouse(house.url, house.setupToken);
    seed = await seedHouse(house, git, operator);
    newcomer = await registerPerson(operator, 'Nils Newcomer', 'nils@example.org');
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await git?.stop();
  });
  beforeEach(async () => {
    visitor = await openVisitor(browser, house.url, { cookie: operator.cookie() });
    page = visitor.page;
  });
  afterEach(async () => {
    await visitor.close();
    expect(visitor.problems).toEqual([]);
  });

  async function become(person: Person): Promise<void> {
    await visitor.close();
    visitor = await openVisitor(browser, house.url, { cookie: person.cookie() });
    page = visitor.page;
  }

  test('empty places say what belongs there', async () => {
    await become(newcomer);
    await page.goto('/');
    await page.getByText('Begin with a space').waitFor();
    await page.goto('/account/tokens');
    await page.getByText('No tokens').waitFor();
    await page.goto('/spaces/new');
    await page.getByLabel('Name', { exact: true }).fill('Empty');
    await page.getByRole('button', { name: 'Create the space' }).click();
    await page.getByText('No projects').waitFor();
    await page.getByRole('link', { name: 'Subspaces' }).click();
    await page.getByText('No subspaces').waitFor();
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByLabel('Find a member').fill('nobody of this name');
    await page.getByText('Nobody found').waitFor();
  });

  test('a house that does not answer is said, and a retry shows the page', async () => {
    await page.goto('/account');
    await page.getByText('Your id').waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await page.getByRole('link', { name: 'Tokens' }).click();
    await page.getByText('The house does not answer.').waitFor();
    await shoot(page, 'state-error');
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(hostile('token').slice(0, 64)).waitFor();
  });

  test('documents are sent by their ids, and as text to a house that does not know them', async () => {
    const sent: { documentId?: string; query?: string }[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql')) sent.push(request.postDataJSON());
    });
    await page.goto('/account');
    await page.getByText('Your id').waitFor();
    expect(sent.length).toBeGreaterThan(0);
    for (const one of sent) expect(one).toEqual({ ...one, documentId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(sent.filter(({ query }) => query !== undefined)).toEqual([]);
    const unknown = {
      errors: [{ message: 'Unknown.', extensions: { code: 'gateway.document-unknown', status: 400 } }],
    };
    await page.route('**/graphql', (route) =>
      route.request().postDataJSON().query === undefined
        ? route.fulfill({ status: 400, json: unknown })
        : route.continue(),
    );
    await page.goto('/account/tokens');
    await page.getByText(hostile('token').slice(0, 64)).waitFor();
    expect(sent.some(({ query }) => query?.includes('myTokens'))).toBe(true);
    visitor.problems.splice(0);
  });

  test('a first page that gets no answer offers to try again', async () => {
    await page.route('**/graphql', (route) => route.abort());
    await page.goto('/account/tokens');
    await page.getByRole('heading', { name: 'That did not work' }).waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(hostile('token').slice(0, 64)).waitFor();
    // The router says in the console what it caught; nothing else was said there.
    expect(visitor.problems.splice(0).filter((one) => !one.includes('Failed to fetch'))).toEqual([]);
  });

  test.each([
    ['an address that leads nowhere', '/no/such/page'],
    ['a space that is not there', '/s/no-such-space'],
    ['a project that is not there', '/p/prj_01m7ykd6hse00bhqtn58h8p76j'],
    ['an app that is not there', '/a/app_01m7ykd6hse00bhqtn58h8p76j'],
  ])('%s is said to be nothing', async (_what, path) => {
    await page.goto(path);
    await page.getByText('Nothing lives here').first().waitFor();
  });

  test('a private app looks to others as if it were not there', async () => {
    const { createSpace } = await newcomer.graph<{ createSpace: { nameId: string } }>(
      'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { nameId } }',
      { input: { nameId: 'hidden', name: 'Quillwort', tagline: '', privacy: 'private' } },
    );
    await become(seed.member);
    await page.goto(`/s/${createSpace.nameId}`);
    await page.getByText('Nothing lives here').waitFor();
    expect(await page.getByText('Quillwort').count()).toBe(0);
  });

  test('who is signed out signs in and is back where the link led', async () => {
    await visitor.context.clearCookies();
    await page.goto(`/a/${seed.appId}/domains`);
    await page.waitForURL(/\/sign-in\?return=/);
    await page.getByLabel('E-mail').fill('olive@example.org');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('www.example.org', { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/a/${seed.appId}/domains`);
  });

  test.each([
    ['a tab', '/%09/evil.example/x'],
    ['a line break', '/%0a/evil.example/x'],
    ['a backslash', '/%5Cevil.example/x'],
    ['two slashes', '//evil.example/x'],
    ['a script', 'javascript:globalThis.hacked=1'],
    ['another host', 'https://evil.example/x'],
  ])('whoever signs in from a link with %s in it stays in the house', async (_what, path) => {
    await visitor.context.clearCookies();
    await page.goto(`/sign-in?return=${path}`);
    await page.getByLabel('E-mail').fill('olive@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
    expect(page.url()).toBe(`${house.url}/`);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
  });

  test('the sign-in page says nothing that somebody else wrote into its address', async () => {
    await visitor.context.clearCookies();
    await page.goto('/sign-in?error=Call%20555-0100&problem=Call%20555-0100');
    await page.getByText('Signing in with the provider did not succeed.').waitFor();
    expect(await page.content()).not.toContain('555-0100');
  });

  test('a script, a style or a handler that somebody brought into a page does nothing', async () => {
    await page.goto('/account');
    await page.getByText('Your id').waitFor();
    const tried = await page.evaluate<Tried>(bringIn(house.url));
    expect(tried).toMatchObject({ evaluated: 'refused', sent: 'refused', base: `${house.url}/account` });
    expect(tried.hacked).toBeUndefined();
    expect(tried.colors).not.toContain('rgb(1, 2, 3)');
    expect(tried.refused).toEqual(expect.arrayContaining(directives));
    expect(page.url()).toBe(`${house.url}/account`);
    // The browser says what it refused; that was the point.
    await waitFor('the last refusal to be told', () => visitor.problems.some((one) => one.endsWith('script-src eval')));
    const told = visitor.problems.splice(0);
    expect(
      told.filter((one) => !/Content Security Policy|refused by policy|evil\.example|its MIME type/.test(one)),
    ).toEqual([]);
  });

  test('a secret is written once and never shown again', async () => {
    await page.goto(`/a/${seed.appId}/variables`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name').fill('PASSPHRASE');
    await form.getByLabel('Value').fill('open sesame 4711');
    await form.getByLabel('Secret: never shown again').check();
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The variable is saved.', { exact: true }).waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'PASSPHRASE' });
    await row.getByText('Secret', { exact: true }).waitFor();
    await page.reload();
    await row.waitFor();
    expect(await page.content()).not.toContain('open sesame');
    await row.getByRole('button', { name: 'Change PASSPHRASE' }).click();
    expect(await form.getByLabel('Value').inputValue()).toBe('');
  });

  test('many variables are pasted at once, and a bad line is named', async () => {
    await page.goto(`/a/${seed.appId}/variables`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Paste several').check();
    await form.getByRole('textbox').fill('ONE=1\n# a remark\nnot a variable');
    await form.getByText('Not understood: line 3.').waitFor();
    await form.getByRole('textbox').fill('ONE=1\nTWO="two words"');
    await form.getByText('2 variables found').waitFor();
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('two words').waitFor();
  });

  test('a domain tells how to prove it, is checked, and can go again', async () => {
    await page.goto(`/a/${seed.appId}/domains`);
    await page.getByRole('button', { name: 'Add a domain' }).click();
    await page.getByRole('dialog').getByLabel('Domain').fill('Shop.Example.org');
    await page.getByRole('dialog').getByRole('button', { name: 'Add a domain' }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'shop.example.org' });
    await row.getByText('Waiting for proof').waitFor();
    await row
      .getByText(/_steading|TXT/)
      .first()
      .waitFor();
    await row.getByRole('button', { name: 'Check the proof' }).click();
    await page.getByText('The record is not seen yet.').or(row.getByRole('alert')).first().waitFor({ timeout: 20_000 });
    await shoot(page, 'domains');
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
  });

  test('a token is shown once, works, and stops when it is ended', async () => {
    await page.goto('/account/tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is for').fill('watering');
    await dialog.getByRole('button', { name: 'Make the token' }).click();
    await dialog.getByText('never shown again').waitFor();
    const token = (await dialog.locator('code').textContent()) ?? '';
    await shoot(page, 'token-once');
    const ask = async () => {
      const answer = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: '{"query":"{ viewer { person { name } } }"}',
      });
      return JSON.stringify(await answer.json());
    };
    expect(await ask()).toContain('Olive Operator');
    await page.keyboard.press('Escape');
    const row = page.getByRole('listitem').filter({ hasText: 'watering' });
    await row.waitFor();
    expect(await page.content()).not.toContain(token);
    await row.getByRole('button', { name: 'End' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
    await row.waitFor({ state: 'detached' });
    await waitFor('the token to be refused', async () => !(await ask()).includes('Olive'), { timeoutMs: 1_000 });
  });

  test('a session that is ended elsewhere leaves the page within a second', async () => {
    const other = await openVisitor(browser, house.url);
    await other.page.goto('/sign-in?return=%2Faccount');
    await other.page.getByLabel('E-mail').fill('olive@example.org');
    await other.page.getByLabel('Password').fill(password);
    let greeted = false;
    other.page.on('websocket', (socket) =>
      socket.on('framereceived', (frame) => (greeted ||= String(frame.payload).startsWith('40'))),
    );
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.page.getByText('Your id').waitFor();
    await waitFor('the live line to be greeted', () => greeted);
    const count = async () => await page.getByRole('button', { name: 'End', exact: true }).count();
    await page.goto('/account/sessions');
    await page.getByText('this one').waitFor();
    const before = await count();
    await page.getByRole('button', { name: 'End', exact: true }).first().click();
    const since = startRunningTime();
    await other.page.waitForURL(/\/sign-in/, { timeout: 20_000 });
    expect(since.stop()).toBeLessThan(1_000);
    await waitFor('the session to be off the list', async () => (await count()) === before - 1);
    expect(other.problems).toEqual([]);
    await other.close();
  });

  test('a new password leaves whoever chose it signed in, by another session, and nobody else', async () => {
    const person = await registerPerson(operator, 'Petra', 'petra@example.org');
    const stolen = person.copy();
    await become(person);
    let greetings = 0;
    page.on('websocket', (socket) =>
      socket.on('framereceived', (frame) => void (greetings += String(frame.payload).startsWith('40') ? 1 : 0)),
    );
    await page.goto('/account');
    await waitFor('the live line to be greeted', () => greetings === 1);
    await page.getByLabel('Present password').fill(password);
    await page.getByLabel('New password').fill('another battery and another staple');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed; other sessions have ended.', { exact: true }).waitFor();
    await shoot(page, 'password-changed');
    await waitFor('the live line to be open again', () => greetings === 2, { timeoutMs: 10_000 });
    expect(new URL(page.url()).pathname).toBe('/account');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('this one').waitFor();
    expect(await page.getByRole('button', { name: 'End', exact: true }).count()).toBe(0);
    expect(await stolen.graph('{ viewer { sessionId } }')).toEqual({ viewer: null });
    await page.reload();
    await page.getByText('this one').waitFor();
  });

  test('the audit trail is filtered, opened and verified', async () => {
    await page.goto('/operator/audit');
    await page.getByText('identity.').first().waitFor();
    await page.getByLabel('Action').fill('spaces');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('identity.').first().waitFor({ state: 'detached' });
    const entry = page.locator('summary').filter({ hasText: 'spaces.' }).first();
    await entry.click();
    await page.getByText('Hash', { exact: true }).first().waitFor();
    await shoot(page, 'audit');
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await page.getByText(/The chain holds: \d+ entries, none changed\./).waitFor();
  });

  test('an operator sees the health of services, and replays and discards dead letters', async () => {
    await page.goto('/operator/services');
    for (const name of ['forest', 'identity', 'spaces', 'deploy', 'compute', 'gateway', 'observe'])
      await page.getByRole('listitem').filter({ hasText: name }).getByText('Ready', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    const letters = page.getByRole('list', { name: 'Events that were given up' }).getByRole('listitem');
    await letters.first().waitFor();
    expect(await letters.count()).toBe(2);
    await letters.first().getByRole('button', { name: 'Replay' }).click();
    await waitFor('one letter to be gone', async () => (await letters.count()) === 1);
    await letters.first().getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByText('Nothing was given up').waitFor();
  });

  test('who is no operator is told so', async () => {
    await become(newcomer);
    await page.goto('/operator');
    await page.getByText('Only operators of this house see this page.').waitFor();
    expect(await page.getByText('olive@example.org').count()).toBe(0);
  });

  test('access says who may what, and why', async () => {
    await page.goto(`/a/${seed.appId}/access`);
    await page.getByLabel('Deed').selectOption({ label: 'Deploy the app' });
    await page.getByLabel('For whom').selectOption({ label: hostile('person') });
    await page
      .getByText(`${hostile('person')} is member of`)
      .first()
      .waitFor();
    await page
      .getByText(/^Who can/)
      .first()
      .waitFor();
    await page.getByText('What each role may do').click();
    await page.getByRole('columnheader', { name: 'Developer' }).waitFor();
    await shoot(page, 'access-why');
  });

  test('a role is given, counts at once, and its loss can be undone', async () => {
    await page.goto(`/a/${seed.appId}/access`);
    await page.getByRole('button', { name: 'Give access' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Person', { exact: true }).selectOption({ label: hostile('person') });
    await dialog.getByLabel('Role').selectOption('developer');
    await dialog.getByRole('button', { name: 'Give access' }).click();
    const may = async () =>
      (
        await seed.member.graph<{ app: { may: { deploy: boolean } } }>(
          'query ($id: ID!) { app(id: $id) { may { deploy } } }',
          { id: seed.appId },
        )
      ).app.may.deploy;
    await waitFor('the role to count', may, { timeoutMs: 1_000 });
    const row = page
      .getByRole('listitem')
      .filter({ hasText: hostile('person') })
      .filter({ hasText: 'given here' });
    await row.getByRole('button', { name: 'Take away' }).click();
    await waitFor('the role to be gone', async () => !(await may()), { timeoutMs: 1_000 });
    await page.getByRole('button', { name: 'Undo' }).click();
    await waitFor('the role to be back', may, { timeoutMs: 1_000 });
  });
});
