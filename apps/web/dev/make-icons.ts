/** Draws the PNG icons from icon.svg with the machine's Chromium. Run when the sign changes; the result is committed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const folder = new URL('../public/', import.meta.url);
const svg = readFileSync(new URL('icon.svg', folder), 'utf8');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const size of [192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0;background:#2d6344}svg{display:block}</style>${svg}`);
  writeFileSync(new URL(`icon-${size}.png`, folder), await page.screenshot());
  await page.close();
}
await browser.close();
