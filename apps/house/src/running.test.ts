import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findParts, gatewayOf, ownFolder, takeFolder } from '#src/running.ts';

const told = { url: 'http://localhost:1', localUrl: 'http://127.0.0.1:1', version: '1' };
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'steading-running-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a house in one process is all of what runs on its folder', () => {
  expect(findParts(folder)).toEqual([]);
  const giveBack = takeFolder(ownFolder(folder, undefined), told);
  const parts = findParts(folder);
  expect(parts).toMatchObject([{ pid: process.pid, folder }]);
  expect(gatewayOf(parts)).toBe(parts[0]);
  giveBack();
  expect(findParts(folder)).toEqual([]);
});

test('processes that share a folder are told by their services, and who was killed is not among them', () => {
  takeFolder(ownFolder(folder, 'forest,spaces'), told);
  const killed = ownFolder(folder, 'observe');
  writeFileSync(join(killed, 'house.json'), JSON.stringify({ ...told, pid: process.pid, startTime: '1' }));
  expect(findParts(folder).map(({ services }) => services)).toEqual([['forest', 'spaces']]);
  expect(gatewayOf(findParts(folder))).toBeUndefined();
  takeFolder(ownFolder(folder, 'gateway'), told);
  expect(gatewayOf(findParts(folder))?.services).toEqual(['gateway']);
});
