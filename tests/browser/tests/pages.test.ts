import { claimHouse, type Person, type RunningShape, startShape } from '@steading/acceptance';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { axeFindings, overhang } from '#src/axe.ts';
import { hostile } from '#src/hostile.ts';
import { type Seed, seedHouse } from '#src/seed.ts';
import { shoot } from '#src/shoot.ts';
import { desktop, openVisitor, phone, startBrowser, type Visitor } from '#src/visitor.ts';

/** Every address, and a text that is there once the page has its answer. */
function pagesOf({ space, projectId, appId, deploymentId }: Seed): [path: string, shows: string][] {
  const [s, p, a] = [`/s/${space}`, `/p/${projectId}`, `/a/${appId}`];
  return [
    ['/', hostile('app')],
    ['/spaces', hostile('tagline')],
    ['/spaces/new', 'Who can see it'],
    ['/account', 'Your id'],
    ['/account/sessions', 'this one'],
    ['/account/tokens', hostile('token').slice(0, 64)],
    ['/device?code=ABCD-EFGH', 'Sign in on another device'],
    [s, hostile('project')],
    [`${s}/subspaces`, hostile('part')],
    [`${s}/projects`, hostile('app')],
    [`${s}/members`, hostile('person')],
    [`${s}/access`, 'What each role may do'],
    [`${s}/audit`, 'spaces.'],
    [`${s}/settings`, 'Remove the space'],
    [p, hostile('app')],
    [`${p}/new-app`, 'Where the code is'],
    [`${p}/environments`, 'production'],
    [`${p}/variables`, hostile('value')],
    [`${p}/access`, 'What each role may do'],
    [`${p}/audit`, 'deploy.'],
    [`${p}/settings`, 'Remove the project'],
    [a, hostile('commit')],
    [`${a}/deployments`, hostile('commit')],
    [`${a}/deployments/${deploymentId}`, 'requests sent, none lost'],
    [`${a}/logs`, hostile('log')],
    [`${a}/instances`, 'Memory'],
    [`${a}/variables`, 'SECRET'],
    [`${a}/domains`, 'www.example.org'],
    [`${a}/access`, 'What each role may do'],
    [`${a}/audit`, 'deploy.'],
    [`${a}/settings`, 'Query.web_beds'],
    ['/operator', hostile('person')],
    ['/operator/invitations', 'nora@example.org'],
    ['/operator/services', 'identity'],
    ['/operator/events', hostile('error')],
    ['/operator/graph', 'Space.web_beds'],
    ['/operator/backups', 'Last proven restore'],
    ['/operator/access', 'What each role may do'],
    ['/operator/audit', 'Verify the chain'],
    ['/nowhere', 'Nothing lives here'],
  ];
}

const publicPages: [path: string, shows: string][] = [
  ['/sign-in', 'Forgot your password?'],
  ['/setup', 'This house is set up already.'],
  ['/register', 'This house is joined by invitation.'],
  ['/forgot', 'Send the link'],
  ['/reset', 'The link is missing its token.'],
];

/** How a page is come to: by its address, or from the page before, as its links do. */
type Way = 'address' | 'link';

type Scheme = 'light' | 'dark';

async function show(page: Page, path: string, shows: string, way: Way = 'address'): Promise<void> {
  if (way === 'address' || page.url() === 'about:blank') await page.goto(path);
  else await follow(page, path);
  await page
    .getByText(shows)
    .first()
    .waitFor({ state: 'attached' })
    .catch(async (error) => {
      await shoot(page, 'missing');
      throw new Error(`${path} does not show “${shows}” but: ${await page.locator('body').innerText()}`, {
        cause: error,
      });
    });
  await page.locator('h1').first().waitFor({ state: 'attached' });
  const skeleton = page.locator('[aria-hidden].divide-y');
  while ((await skeleton.count()) > 0) await skeleton.first().waitFor({ state: 'detached' });
}

/** Resolves when the router is there, so that nothing of the page before is taken for this one. */
async function follow(page: Page, path: string): Promise<void> {
  const [pathname] = path.split('?');
  await page.evaluate(`new Promise((there) => {
    history.pushState({}, '', ${JSON.stringify(path)});
    const look = () => {
      const { status, resolvedLocation } = __TSR_ROUTER__.state;
      if (status === 'idle' && resolvedLocation?.pathname === ${JSON.stringify(pathname)}) there();
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

describe('every page', () => {
  let house: RunningShape;
  let git: GitServer;
  let browser: Browser;
  let operator: Person;
  let seed: Seed;

  beforeAll(async () => {
    [house, git, browser] = await Promise.all([startShape('one process'), startGitServer(), startBrowser()]);
    operator = await claimHouse(house.url, house.setupToken);
    seed = await seedHouse(house, git, operator);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
    await git?.stop();
  });

  async function findings(
    visitor: Visitor,
    pages: [string, string][],
    { size, schemes, way }: { size: string; schemes: readonly Scheme[]; way: Way },
  ): Promise<string[]> {
    const { page } = visitor;
    const found: string[] = [];
    for (const [at, [path, shows]] of pages.entries()) {
      const name = path.replace(/(app|prj|dep)_[^/]+/g, '$1').replaceAll(/[^a-z]+/g, '-');
      for (const [index, scheme] of schemes.entries()) {
        await page.emulateMedia({ colorScheme: scheme });
        if (index === 0) await show(page, path, shows, all || at % 4 === 0 ? way : 'link');
        const rules = index === 0 ? undefined : ['color-contrast'];
        found.push(...(await axeFindings(page, rules)).map((one) => `${path} ${scheme} ${size}: ${one}`));
        await shoot(page, `page-${size}-${scheme}${name}`);
      }
      const over = await overhang(page);
      if (over > 0) found.push(`${path} ${size}: ${over} px too wide`);
      if (await page.evaluate('globalThis.hacked')) found.push(`${path}: a name ran as a script`);
      found.push(...visitor.problems.splice(0).map((one) => `${path} ${size}: ${one}`));
    }
    return found;
  }

  // An ordinary run looks at each page in both schemes, and in each size, once, and opens each fourth by its address.
  const all = inject('longTests') || process.env.STEADING_SCREENSHOTS;
  test.each([
    ['desktop', desktop, 'light', 'address'],
    ['phone', phone, 'dark', 'link'],
  ] as const)(
    'is accessible, fits, and takes hostile names for text: %s',
    async (size, viewport, scheme, way) => {
      const schemes: readonly Scheme[] = all ? ['light', 'dark'] : [scheme];
      const signedIn = await openVisitor(browser, house.url, { viewport, cookie: operator.cookie() });
      const signedOut = await openVisitor(browser, house.url, { viewport });
      const found = await Promise.all([
        findings(signedIn, pagesOf(seed), { size, schemes, way }),
        findings(signedOut, publicPages, { size, schemes, way }),
      ]);
      await Promise.all([signedIn.close(), signedOut.close()]);
      expect(found.flat()).toEqual([]);
    },
    240_000,
  );

  test('an app’s fields in the graph are withdrawn, offered, denied and allowed', async () => {
    const { page, problems, close } = await openVisitor(browser, house.url, { cookie: operator.cookie() });
    await show(page, `/a/${seed.appId}/settings`, 'Its fields are part of the graph.');
    const part = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Fields in the house' }) });
    await part.scrollIntoViewIfNeeded();
    await shoot(page, 'app-graph-serving');
    await part.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
    await part.getByRole('button', { name: 'Offer it', exact: true }).click();
    await part.getByText('An operator has not decided yet.').waitFor();
    await shoot(page, 'app-graph-offered');

    await show(page, '/operator/graph', 'What apps offer');
    await page.getByRole('button', { name: 'Deny' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('It asks too much.');
    await shoot(page, 'operator-graph-deny');
    await dialog.getByRole('button', { name: 'Deny' }).click();
    await page.getByText('It asks too much.').waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('button', { name: 'Deny' }).waitFor();
    await waitFor(
      'its fields to be back',
      async () => {
        await show(page, '/operator/graph', 'What apps offer');
        return (await page.getByText('Space.web_beds').count()) > 0;
      },
      { timeoutMs: 30_000 },
    );
    await page.getByText('Its schema').click();
    await shoot(page, 'operator-graph-apps');
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(problems).toEqual([]);
    await close();
  }, 120_000);

  test.each([
    ['the sign-in page', '/sign-in', 'Forgot your password?', false],
    ['home', '/', hostile('app'), true],
  ] as const)('%s comes with no more than 170 KB of JavaScript', async (_name, path, shows, signedIn) => {
    const visitor = await openVisitor(browser, house.url, signedIn ? { cookie: operator.cookie() } : {});
    let bytes = 0;
    const sizes: Promise<void>[] = [];
    visitor.page.on('requestfinished', (request) => {
      if (request.resourceType() === 'script')
        sizes.push(request.sizes().then(({ responseBodySize }) => void (bytes += responseBodySize)));
    });
    await show(visitor.page, path, shows);
    await visitor.page.waitForLoadState('networkidle');
    await Promise.all(sizes);
    const paint = await visitor.page.evaluate<number>(
      `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
    );
    console.log(
      `${path}: ${(bytes / 1000).toFixed(1)} kB of JavaScript, first contentful paint after ${paint.toFixed(0)} ms`,
    );
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(170 * 1024);
    await visitor.close();
  });
});
