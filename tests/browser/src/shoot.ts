import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Keeps a picture of the screen where somebody asked to look: STEADING_SCREENSHOTS=<folder> ./steading test tests/browser */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.STEADING_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
