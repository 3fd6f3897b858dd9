import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openMasterKey } from '#src/keys.ts';
import { readSecretFiles } from '#src/secret-files.ts';

const root = mkdtempSync(join(tmpdir(), 'steading-keys-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the master key', () => {
  const given = join(root, 'given');
  writeFileSync(given, Buffer.alloc(32, 7));

  test('that a file gives is the same on every machine, and lies in each folder for back-ups', () => {
    const [one, two, own] = ['one', 'two', 'own'].map((name) => join(root, name));
    expect(openMasterKey(one!, given)('x')).toEqual(openMasterKey(two!, given)('x'));
    expect(readFileSync(join(two!, 'master.key'))).toEqual(Buffer.alloc(32, 7));
    expect(openMasterKey(own!)('x')).not.toEqual(openMasterKey(one!)('x'));
  });

  test('of another house is refused, and so is a file that holds none', () => {
    openMasterKey(join(root, 'other'));
    expect(() => openMasterKey(join(root, 'other'), given)).toThrow('differ');
    writeFileSync(join(root, 'short'), 'x');
    expect(() => openMasterKey(join(root, 'new'), join(root, 'short'))).toThrow('has 1 bytes');
    expect(() => openMasterKey(join(root, 'new'), join(root, 'absent'))).toThrow('is not there');
  });
});

describe('a secret setting', () => {
  test('may stand in a file', () => {
    writeFileSync(join(root, 'url'), 'postgres://x\n');
    const env: NodeJS.ProcessEnv = { DATABASE_URL_FILE: join(root, 'url'), STEADING_GIT_CA_FILE: '/ca.pem' };
    readSecretFiles(env);
    expect(env).toMatchObject({ DATABASE_URL: 'postgres://x', STEADING_GIT_CA_FILE: '/ca.pem' });
  });

  test('is refused when it is given in two ways, or its file cannot be read', () => {
    expect(() => readSecretFiles({ DATABASE_URL: 'x', DATABASE_URL_FILE: '/x' })).toThrow('both set');
    expect(() => readSecretFiles({ DATABASE_URL_FILE: join(root, 'gone') })).toThrow('ENOENT');
  });
});
