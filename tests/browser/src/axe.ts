import axe from 'axe-core/axe.min.js';
import type { BrowserContext, Page } from 'playwright-core';

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** Windows whose pages come with axe: to send half a megabyte to each page takes twice as long. */
const equipped = new WeakSet<BrowserContext>();

/** What axe finds against WCAG 2.2 A and AA on the page as it stands: one line each, empty when there is nothing. */
export async function axeFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate<boolean>('typeof window.axe === "object"'))) await page.evaluate(axe.source);
  if (!equipped.has(page.context())) {
    equipped.add(page.context());
    await page.context().addInitScript(axe.source);
  }
  await standsStill(page);
  const only = rules
    ? { type: 'rule', values: rules }
    : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const found = await page.evaluate<Finding[]>(
    `axe.run(document, ${JSON.stringify({ runOnly: only, resultTypes: ['violations'] })}).then((result) => result.violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} at ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`),
  );
}

/**
 * Colours that are on their way from light to dark are neither. What inherits a colour sets out when that has arrived,
 * so it is looked again until nothing moves but what always does.
 */
function standsStill(page: Page): Promise<unknown> {
  return page.evaluate(`(async () => {
    const moving = () => document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    do {
      await Promise.allSettled(moving().map((one) => one.finished));
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    } while (moving().length > 0);
  })()`);
}

/** How many pixels the page is wider than the screen; zero when nothing scrolls sideways. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
