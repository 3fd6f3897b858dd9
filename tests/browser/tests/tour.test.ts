import { type RunningShape, startShape } from '@steading/acceptance';
import { type GitServer, startGitServer, type TestRepository } from '@steading/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pushHook } from '#src/push.ts';
import { shoot } from '#src/shoot.ts';
import { slowSite } from '#src/slow-site.ts';
import { openVisitor, startBrowser, type Visitor } from '#src/visitor.ts';

const password = 'correct horse battery staple';

describe('the newcomer’s whole tour', () => {
  let house: RunningShape;
  let git: GitServer;
  let repository: TestRepository;
  let browser: Browser;
  let olive: Visitor;
  let gita: Visitor;
  let appPath = '';
  let appUrl = '';
  let invitation = '';

  beforeAll(async () => {
    [house, git, browser] = await Promise.all([startShape('one process'), startGitServer(), startBrowser()]);
    repository = await git.repository('garden');
    await repository.commit(slowSite('first version'), 'Plant the garden');
    olive = await openVisitor(browser, house.url);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await git?.stop();
  });

  /** The part of the app's page that says what is live. */
  function liveNow() {
    return olive.page.locator('section').filter({ has: olive.page.getByRole('heading', { name: 'Live now' }) });
  }

  test('whoever comes before the set-up is told where its link is', async () => {
    await olive.page.goto('/');
    await olive.page.getByText('Nobody runs this house yet.').waitFor();
    expect(new URL(olive.page.url()).pathname).toBe('/sign-in');
  });

  test('the set-up link makes the first account and takes its token out of the address', async () => {
    const { page } = olive;
    await page.goto(`/setup#${house.setupToken}`);
    await page.getByRole('heading', { name: 'Welcome. This house is yours.' }).waitFor();
    await shoot(page, 'set-up');
    expect(page.url()).not.toContain(house.setupToken);
    await page.getByLabel('Your name').fill('Olive Operator');
    await page.getByLabel('E-mail').fill('olive@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Set up the house' }).click();
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    await shoot(page, 'home-empty');
  });

  test('a home without spaces leads to the first space', async () => {
    const { page } = olive;
    await page.getByRole('main').getByRole('link', { name: 'New space' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Garden Club');
    expect(await page.getByLabel('Short name').inputValue()).toBe('garden-club');
    await page.getByLabel('What it is for').fill('Growing things together');
    await page.getByRole('button', { name: 'Create the space' }).click();
    await page.getByRole('heading', { name: 'Garden Club', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/s/garden-club');
    await shoot(page, 'space-empty');
  });

  test('a project is two words', async () => {
    const { page } = olive;
    await page.getByRole('main').getByRole('button', { name: 'New project' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Site');
    await page.getByRole('button', { name: 'Create the project' }).click();
    await page.getByRole('heading', { name: 'Site', level: 1 }).waitFor();
    await page.getByText('No apps in this project').waitFor();
  });

  test('a repository is looked at, and what was found is explained before anything is made', async () => {
    const { page } = olive;
    await page.getByRole('main').getByRole('link', { name: 'New app' }).first().click();
    await page.getByLabel('Repository').fill(repository.url);
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('heading', { name: 'How it would be built' }).waitFor();
    await page
      .getByText(/package\.json/)
      .first()
      .waitFor();
    await page.getByText('npm run build').first().waitFor();
    await shoot(page, 'new-app');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('garden');
    await page.getByRole('button', { name: 'Create and deploy' }).click();
  });

  test('stages and log are watched live until the app is live', async () => {
    const { page } = olive;
    await page.waitForURL(/\/a\/app_[^/]+\/deployments\/dep_/);
    appPath = new URL(page.url()).pathname.split('/').slice(0, 3).join('/');
    const log = page.getByRole('region', { name: 'Build log' });
    await log.getByText('digging bed 1').waitFor({ timeout: 20_000 });
    // Lines come while it is built, not all at its end.
    expect(await log.getByText('digging bed 9').count()).toBe(0);
    await shoot(page, 'deployment-under-way');
    await log.getByText('digging bed 9').waitFor();
    await page.getByRole('main').getByText('Live', { exact: true }).first().waitFor({ timeout: 30_000 });
    await page.getByText(/requests sent, none lost/).waitFor();
    await shoot(page, 'deployment-live');
  });

  test('the app answers at its own address', async () => {
    const { page, context } = olive;
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'Live now' }).waitFor();
    await page.getByText('Plant the garden').waitFor();
    await shoot(page, 'app-live');
    const opened = context.waitForEvent('page');
    await page
      .getByRole('banner')
      .or(page.getByRole('main'))
      .getByRole('link', { name: /localhost/ })
      .first()
      .click();
    const visit = await opened;
    await visit.getByText('first version').waitFor();
    appUrl = visit.url();
    expect(new URL(appUrl).hostname).toBe('garden-site.localhost');
    await visit.close();
  });

  test('a signed push brings the second version onto the screen by itself', async () => {
    const { page, context } = olive;
    await page.goto(`${appPath}/settings`);
    const webhook = page.locator('main').getByRole('button', { name: 'Make a secret' }).first();
    await webhook.click();
    await page.getByText('The secret, shown only now').waitFor();
    const codes = await page.locator('main code').allTextContents();
    const url = codes.find((text) => text.includes('/hooks/')) ?? '';
    const secret = codes[codes.indexOf(url) + 1] ?? '';
    await page.goto(appPath);
    await page.getByText('Plant the garden').waitFor();
    const commit = await repository.commit(slowSite('second version'), 'Water the garden');
    expect(await pushHook({ url, secret: 'not the secret' }, commit)).toBeGreaterThanOrEqual(400);
    expect(await pushHook({ url, secret }, commit)).toBeLessThan(300);
    await page.getByRole('heading', { name: 'Newest deployment' }).waitFor();
    await page.getByText('Water the garden').waitFor();
    await shoot(page, 'app-push-under-way');
    await page.getByRole('heading', { name: 'Newest deployment' }).waitFor({ state: 'detached', timeout: 30_000 });
    await liveNow().getByText('Water the garden').waitFor();
    expect(await liveNow().getByText('Plant the garden').count()).toBe(0);
    const before = page.getByRole('list', { name: 'Earlier deployments' });
    await before.getByText('Plant the garden').waitFor();
    await shoot(page, 'app-second-live');
    const visit = await context.newPage();
    await visit.goto(appUrl);
    await visit.getByText('second version').waitFor();
    await visit.close();
  });

  test('a rollback brings the first back', async () => {
    const { page, context } = olive;
    await page.getByRole('link', { name: 'Deployments', exact: true }).click();
    // The page before has a list of some of them, which is there until this one comes.
    const list = page.getByRole('list', { name: 'Deployments', exact: true });
    const first = list.getByRole('listitem').filter({ hasText: 'Plant the garden' });
    await first.getByRole('button', { name: 'Roll back' }).click();
    await shoot(page, 'roll-back');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.waitForURL(/\/deployments\/dep_/);
    await page.getByText(/as a rollback/).waitFor();
    await page.getByText(/requests sent, none lost/).waitFor({ timeout: 30_000 });
    const visit = await context.newPage();
    await visit.goto(appUrl);
    await visit.getByText('first version').waitFor();
    await visit.close();
  });

  test('somebody is invited as guest by e-mail, and the link is there to be given', async () => {
    const { page } = olive;
    await page.goto('/s/garden-club/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByLabel('E-mail').fill('gita@example.org');
    await page.getByLabel('Role', { exact: true }).selectOption('guest');
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByText('gita@example.org is invited.').waitFor();
    invitation = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
    expect(invitation).toContain('/register#');
    await shoot(page, 'invited');
  });

  test('the guest makes an account by the link and is in the space', async () => {
    gita = await openVisitor(browser, house.url);
    const { page } = gita;
    await page.goto(invitation);
    await page.getByText(/Garden Club/).waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe('gita@example.org');
    await page.getByLabel('Your name').fill('Gita Guest');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('heading', { name: 'Garden Club', level: 1 }).waitFor();
    await shoot(page, 'guest-space');
  });

  test('the guest sees the app, may not deploy it, and the screen says why', async () => {
    const { page } = gita;
    await page.getByRole('main').getByRole('link', { name: 'garden', exact: true }).click();
    await page.getByRole('heading', { name: 'garden', level: 1 }).waitFor();
    await page.getByText('Plant the garden').first().waitFor();
    expect(await page.getByRole('button', { name: 'Deploy', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: /Why\?/ }).click();
    const why = page.getByRole('dialog');
    await why
      .getByText(/guest|viewer/i)
      .first()
      .waitFor();
    await why
      .getByText(/Garden Club/)
      .first()
      .waitFor();
    await shoot(page, 'guest-why');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('link', { name: 'Variables' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
  });

  test('nothing went wrong on either screen, and nobody outside was asked', () => {
    expect(olive.problems).toEqual([]);
    expect(gita.problems).toEqual([]);
  });
});
