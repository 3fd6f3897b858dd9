import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashOf, root } from '#src/bundle/find-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'steading-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('another content, another name and another cut between two files are other inputs; a lost one is none', () => {
  const [one, two] = ['one.ts', 'two.ts'].map((name) => relative(root, join(folder, name))) as [string, string];
  const write = (first: string, second: string) => {
    writeFileSync(join(root, one), first);
    writeFileSync(join(root, two), second);
    return hashOf([one, two]);
  };
  const before = write('ab', 'cd');
  expect(before).toMatch(/^[0-9a-f]{32}$/);
  expect(write('ab', 'cd')).toBe(before);
  expect(write('ab', 'ce')).not.toBe(before);
  expect(write('a', 'bcd')).not.toBe(before);
  write('ab', 'cd');
  expect(hashOf([two, one])).not.toBe(before);
  rmSync(join(root, two));
  expect(hashOf([one, two])).toBeUndefined();
});
