import { claimHouse, makeApp, password, type RunningShape, startShape } from '@steading/acceptance';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFindings } from '#src/axe.ts';
import { shoot } from '#src/shoot.ts';
import { openVisitor, phone, startBrowser, type Visitor } from '#src/visitor.ts';

describe('by keyboard alone', () => {
  let house: RunningShape;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    [house, browser] = await Promise.all([startShape('one process'), startBrowser()]);
    const operator = await claimHouse(house.url, house.setupToken);
    await makeApp(operator, 'https://example.org/ada/garden.git');
    visitor = await openVisitor(browser, house.url);
    page = visitor.page;
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
  });

  /** Presses Tab until what has the focus carries this name; the ring around it must be seen. */
  async function tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()) !== name) continue;
      const ring = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      expect(ring, `the focus on ${name} is not to be seen`).not.toBe('none');
      return;
    }
    throw new Error(`Tab never comes to “${name}”`);
  }
  function focused(): Promise<string> {
    return page.evaluate<string>(
      `(() => { const one = document.activeElement; return (one.labels?.[0]?.innerText ?? one.getAttribute('aria-label') ?? one.innerText ?? '').trim(); })()`,
    );
  }

  test('signs in', async () => {
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo('E-mail');
    await page.keyboard.type('olive@example.org');
    await tabTo('Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
  });

  test('skips to the content', async () => {
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
  });

  test('makes a space', async () => {
    await page.keyboard.press('n');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'New space' }).waitFor();
    await tabTo('Name');
    await page.keyboard.type('Reading Circle');
    await page.keyboard.press('Enter');
    await page.getByText('Private').first().waitFor();
    await page.getByRole('heading', { name: 'Reading Circle', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/s/reading-circle');
  });

  test('jumps with the palette', async () => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Type a space, an app or an action…').waitFor();
    await page.getByRole('option', { name: 'Web' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await shoot(page, 'palette');
    await page.keyboard.type('tokens');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Personal tokens' }).waitFor();
    await page.keyboard.press('Meta+k');
    await page.keyboard.type('web');
    await page.getByRole('option', { name: 'Web' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Web', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('there is nothing of this name');
    await page.getByText('Nothing matches.').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[cmdk-root]').waitFor({ state: 'detached' });
  });

  test('lists its shortcuts with a question mark, and gives the focus back', async () => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Previous row').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await shoot(page, 'shortcuts');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('goes home, along the rows, and into one', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Web', exact: true }).waitFor();
    await page.keyboard.press('j');
    expect(await focused()).toBe('Web');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Web', level: 1 }).waitFor();
  });

  test('opens the account menu and switches to dark, which stays', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    await page.getByTitle('Olive Operator: your menu').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
    await shoot(page, 'account-menu');
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.keyboard.press('t');
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.reload();
    await page.getByRole('heading', { name: 'Hello, Olive' }).waitFor();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.keyboard.press('t');
  });

  test('a window opens with its first field in focus', async () => {
    await page.goto('/s/reading-circle');
    await page.getByRole('button', { name: 'New project' }).first().press('Enter');
    await page.keyboard.type('Library');
    expect(await page.getByRole('dialog').getByLabel('Name', { exact: true }).inputValue()).toBe('Library');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
  });

  test('types letters into fields without being led away', async () => {
    await page.goto('/spaces/new');
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.type('ghost? nest');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('ghost? nest');
  });

  test('nothing went wrong on the screen', () => {
    expect(visitor.problems).toEqual([]);
  });

  test('a phone has the ways through the house behind a menu', async () => {
    const small = await openVisitor(browser, house.url, { viewport: phone });
    await small.context.addCookies(await visitor.context.cookies());
    await small.page.goto('/');
    await small.page.getByRole('button', { name: 'Menu' }).click();
    await small.page.getByRole('navigation').getByRole('link', { name: 'Reading Circle' }).waitFor();
    expect(await axeFindings(small.page)).toEqual([]);
    await shoot(small.page, 'phone-menu');
    await small.page.getByRole('navigation').getByRole('link', { name: 'Reading Circle' }).click();
    await small.page.getByRole('heading', { name: 'Reading Circle', level: 1 }).waitFor();
    await shoot(small.page, 'phone-space');
    expect(small.problems).toEqual([]);
    await small.close();
  });
});
