import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@steading/kit';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { derivedAssertionKeys } from '#src/assertion-keys.ts';
import { createAssertions } from '#src/assertions.ts';
import { ada } from './house-pair.ts';

const day = 86_400_000;

describe('assertions of the caller', () => {
  let folder: string;
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now } as Clock;
  const assertions = (keyDir = folder) => createAssertions({ keyDir, clock });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steading-keys-'));
    now = Date.UTC(2026, 0, 1);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('bring the caller to another process that shares the keys', async () => {
    expect(await assertions().verify(await assertions().sign(ada))).toEqual(ada);
  });

  it('are refused when another house signed them', async () => {
    const text = await assertions(join(folder, 'other')).sign(ada);
    await expect(assertions().verify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('are refused when changed, unsigned or missing', async () => {
    const house = assertions();
    const [head, , signature] = (await house.sign(ada)).split('.');
    const claims = { iss: 'steading', aud: 'steading-house', exp: now / 1000 + 60, iat: now / 1000 };
    const root = { ...claims, caller: { ...ada, kind: 'service', principal: 'service:deploy' } };
    const body = Buffer.from(JSON.stringify(root)).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const text of [`${head}.${body}.${signature}`, `${none}.${body}.`, ''])
      await expect(house.verify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('are good for a minute', async () => {
    const house = assertions();
    const text = await house.sign(ada);
    now += 55_000;
    await house.verify(text);
    now += 4_000;
    await house.verify(text);
    now += 15_000;
    await expect(house.verify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('for an app are good there alone, by the published keys, and nowhere in the house', async () => {
    const house = assertions();
    const asker = {
      appId: 'app_1',
      issuer: 'https://garden.example.org',
      kind: 'user',
      id: 'usr_1',
      name: 'Ada',
    } as const;
    const text = await house.signForApp(asker);
    const published = await house.publicKeys();
    expect(published.keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' },
    ]);
    const keys = createLocalJWKSet(published as JSONWebKeySet);
    const check = { issuer: asker.issuer, audience: 'app_1', currentDate: new Date(now) };
    const { payload, protectedHeader } = await jwtVerify(text, keys, check);
    expect(protectedHeader.typ).toBe('steading-app+jwt');
    expect(payload).toEqual({
      iss: asker.issuer,
      aud: 'app_1',
      sub: 'usr_1',
      name: 'Ada',
      kind: 'user',
      iat: now / 1000,
      exp: now / 1000 + 60,
    });
    await expect(jwtVerify(text, keys, { ...check, audience: 'app_2' })).rejects.toThrow('aud');
    await expect(jwtVerify(text, keys, { ...check, currentDate: new Date(now + 61_000) })).rejects.toThrow('exp');
    await expect(house.verify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    const { id: _, name: __, ...nobody } = asker;
    const unknown = await house.signForApp({ ...nobody, kind: 'anonymous' });
    expect((await jwtVerify(unknown, keys, check)).payload).toMatchObject({ kind: 'anonymous' });
    expect((await jwtVerify(unknown, keys, check)).payload.sub).toBeUndefined();
  });

  it('are signed by a new key after 30 days, while the key before still verifies', async () => {
    const [old, other] = [assertions(), assertions()];
    await old.sign(ada);
    now += 30 * day - 10_000;
    const before = await old.sign({ ...ada });
    now += 20_000;
    const after = await other.sign({ ...ada });
    expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
    expect(await old.verify(after)).toEqual(ada);
    expect(await other.verify(before)).toEqual(ada);
  });

  it('need no folder between processes that hold the same secret', async () => {
    const house = (secret: string, ahead = 0) => {
      const derive = (purpose: string) => createHash('sha256').update(`${secret} ${purpose}`).digest();
      return createAssertions({ keys: derivedAssertionKeys(derive, () => now + ahead), clock });
    };
    const [one, ahead, other] = [house('same'), house('same', 8_000), house('another')];
    expect(await ahead.verify(await one.sign(ada))).toEqual(ada);
    await expect(other.verify(await one.sign(ada))).rejects.toMatchObject({ code: 'unauthenticated' });
    now = Math.ceil(now / (30 * day)) * 30 * day - 5_000;
    const [before, after] = [await one.sign({ ...ada }), await ahead.sign({ ...ada })];
    expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
    expect(await one.verify(after)).toEqual(ada);
    now += 10_000;
    expect(await one.verify(before)).toEqual(ada);
    expect((await one.publicKeys()).keys).toHaveLength(3);
    expect(JSON.stringify(await one.publicKeys())).not.toContain('"d"');
  });

  it('keep two keys, in files that only the house can read', async () => {
    const house = assertions();
    for (let month = 0; month < 4; month++, now += 30 * day) await house.sign({ ...ada });
    const files = await readdir(folder);
    expect(files.sort()).toEqual(['assertion-000003.json', 'assertion-000004.json']);
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  });

  it('come from one key even when many processes start at once', async () => {
    const houses = Array.from({ length: 6 }, () => assertions());
    const texts = await Promise.all(houses.map((house) => house.sign(ada)));
    expect(new Set(texts.map((text) => text.split('.')[0])).size).toBe(1);
    expect(await readdir(folder)).toEqual(['assertion-000001.json']);
  });
});
