import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createStaticSite } from '#src/house/static-site.ts';

test('the first requests of all find the page, however many come at once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'steading-site-'));
  try {
    mkdirSync(join(root, 'assets'));
    writeFileSync(join(root, 'index.html'), '<!doctype html>');
    writeFileSync(join(root, 'assets', 'app.js'), 'export {};');
    const site = createStaticSite(root, () => 0);
    const asked = ['/', '/sign-in', '/assets/app.js'].map((path) => site.find(path, { encoding: '', etag: undefined }));
    expect((await Promise.all(asked)).map((file) => file?.status)).toEqual([200, 200, 200]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
