/**
 * Measures, gzipped, the JavaScript that the first page needs: the entry, what it imports at once, and the chunks of
 * the page itself. Fails over the budget. Run after `pnpm build`.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budgetBytes = 170 * 1024;
const dist = new URL('../dist/', import.meta.url);
interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
}
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<string, Chunk>;

function closure(key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const needed of chunk.imports ?? []) closure(needed, seen);
  return seen;
}

const gzip = (file: string) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry) ?? 'index.html';
let failed = false;
for (const page of [
  '',
  'src/pages/session/sign-in-page.tsx',
  'src/pages/home/home-page.tsx',
  'src/pages/app/deployment-page.tsx',
]) {
  const files = closure(entry);
  if (page) closure(page, files);
  const bytes = [...files].filter((file) => file.endsWith('.js')).reduce((sum, file) => sum + gzip(file), 0);
  failed ||= bytes > budgetBytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(6)} KiB gzip  ${page || 'entry alone'}`);
}
if (failed) process.exit(1);
