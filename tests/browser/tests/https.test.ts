import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appsDomain,
  createPerson,
  type HttpsHouse,
  houseName,
  makeApp,
  startDeployment,
  startHttpsHouse,
} from '@steading/acceptance';
import { type GitServer, startGitServer } from '@steading/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shoot } from '#src/shoot.ts';
import { slowSite } from '#src/slow-site.ts';
import { openVisitor, startBrowser, type Visitor } from '#src/visitor.ts';

const password = 'correct horse battery staple';
const secureCookie = {
  ...{ name: '__Host-steading_session', domain: houseName, path: '/' },
  ...{ secure: true, httpOnly: true, sameSite: 'Lax' },
};

describe('a house that a browser reaches by TLS', () => {
  let house: HttpsHouse;
  let git: GitServer;
  let browser: Browser;
  let olive: Visitor;
  const home = mkdtempSync(join(tmpdir(), 'steading-browser-home-'));

  beforeAll(async () => {
    [house, git] = await Promise.all([startHttpsHouse(), startGitServer()]);
    trust(home, house.caFile);
    browser = await startBrowser({ home, resolve: `MAP *.steading.example 127.0.0.1` });
    olive = await openVisitor(browser, house.publicUrl, { alsoInside: [houseName, `.${appsDomain}`] });
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await git?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** By which protocol the page came. */
  const protocol = () =>
    olive.page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") as Promise<string>;

  test('who comes without TLS is led to it', async () => {
    const { page } = olive;
    await page.goto(`http://${houseName}:${house.port}/sign-in`);
    await page.getByText('Nobody runs this house yet.').waitFor();
    expect(page.url()).toBe(`${house.publicUrl}/sign-in`);
    expect(await protocol()).toBe('h2');
    expect(await page.evaluate('isSecureContext')).toBe(true);
  });

  test('from then on the browser itself asks by TLS', async () => {
    const { page } = olive;
    const answer = await page.goto(`http://${houseName}:${house.httpsPort}/sign-in`);
    expect(answer?.request().redirectedFrom()?.url()).toBe(`http://${houseName}:${house.httpsPort}/sign-in`);
    expect(page.url()).toBe(`${house.publicUrl}/sign-in`);
  });

  test('signing up, out and in again is one cookie, which no other host can set and no script can read', async () => {
    const { page, context } = olive;
    await page.goto(`/setup#${house.setupToken}`);
    await page.getByLabel('Your name').fill('Olive Operator');
    await page.getByLabel('E-mail').fill('olive@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Set up the house' }).click();
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    expect(await context.cookies()).toMatchObject([secureCookie]);
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.getByRole('button', { name: /Olive/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
    expect(await context.cookies()).toEqual([]);
    await page.getByLabel('E-mail').fill('olive@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    expect(await context.cookies()).toMatchObject([secureCookie]);
  });

  test('a deployment comes onto the screen by a secure WebSocket, and the app opens at its own name', async () => {
    const { page, context } = olive;
    const [cookie] = await context.cookies();
    const person = createPerson(house.publicUrl, `${cookie?.name}=${cookie?.value}`, house.fetch);
    const repository = await git.repository('garden');
    await repository.commit(slowSite('by TLS'), 'Plant the garden');
    const app = await makeApp(person, repository.url, { runtime: { drainSeconds: 1 } });
    const socket = page.waitForEvent('websocket');
    await page.goto(`/a/${app.id}`);
    expect((await socket).url()).toMatch(`wss://${houseName}:${house.httpsPort}/realtime/`);
    await startDeployment(person, app.id);
    const live = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Live now' }) });
    await live.getByText('Plant the garden').waitFor({ timeout: 30_000 });
    await shoot(page, 'https-app-live');
    const opened = context.waitForEvent('page');
    await page
      .getByRole('link', { name: new RegExp(appsDomain.replaceAll('.', '\\.')) })
      .first()
      .click();
    const visit = await opened;
    await visit.getByText('by TLS').waitFor();
    expect(new URL(visit.url()).host).toBe(app.host);
    expect(await visit.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")).toBe('h2');
    await visit.close();
  });

  test('nothing went wrong on the screen, and nobody was asked but the house', () => {
    expect(olive.problems).toEqual([`outside: http://${houseName}:${house.port}/sign-in`]);
  });
});

/** Makes the authority one that a browser with this home trusts. */
function trust(home: string, caFile: string): void {
  const store = join(home, '.pki/nssdb');
  mkdirSync(store, { recursive: true });
  const certutil = (...args: string[]) => execFileSync('certutil', ['-d', `sql:${store}`, ...args], { stdio: 'pipe' });
  certutil('-N', '--empty-password');
  certutil('-A', '-n', 'authority of a test', '-t', 'C,,', '-i', caFile);
}
