import { createPrivateKey } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

/**
 * The keys that sign callers between processes: Ed25519, one file of mode 0600 each, in a folder that all processes of
 * the house share. The newest signs, it and the one before verify. A file's number is claimed by `link`, which fails
 * where another process was first, so two processes never make the same one.
 */
export interface AssertionKey {
  readonly id: string;
  readonly createdMs: number;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface AssertionKeys {
  /** The newest first. Reads the folder again when `fresh`. */
  all(fresh?: boolean): Promise<readonly AssertionKey[]>;
}

const monthMs = 30 * 24 * 3_600_000;
const kept = 2;
const shape = /^assertion-(\d{6})\.json$/;

/** A key that lives in memory only: for a house of one process, and for tests. */
export async function newAssertionKey(nowMs: number): Promise<AssertionKey> {
  return fromJwk(await newJwk(), nowMs);
}

/** The keys in a folder; makes the folder, the first key, and a new one whenever the newest is 30 days old. */
export function assertionKeysIn(folder: string, now: () => number): AssertionKeys {
  let known: readonly AssertionKey[] = [];
  let reading: Promise<readonly AssertionKey[]> | undefined;

  async function read(): Promise<readonly AssertionKey[]> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let numbers = await numbersIn(folder);
    let keys = await readKeys(folder, numbers);
    if (isOld(keys[0])) {
      await addKey(folder, (numbers[0] ?? 0) + 1, now());
      numbers = await numbersIn(folder);
      keys = await readKeys(folder, numbers);
    }
    known = keys;
    return keys;
  }

  const isOld = (key: AssertionKey | undefined) => !key || now() - key.createdMs >= monthMs;

  return {
    async all(fresh = false) {
      if (!fresh && !isOld(known[0])) return known;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}

/**
 * The same keys for everybody who holds one secret, without a folder between them: each span of 30 days has its own,
 * derived for it. The one of now signs; the ones before and after are known as well, since clocks differ.
 * @param derive 32 bytes that follow from the house's secret for a purpose.
 */
export function derivedAssertionKeys(derive: (purpose: string) => Buffer, now: () => number): AssertionKeys {
  let known: { span: number; keys: Promise<readonly AssertionKey[]> } | undefined;
  const keyOf = (span: number) => fromJwk(jwkOf(derive(`assertion-${span}`)), span * monthMs);
  return {
    all() {
      const span = Math.floor(now() / monthMs);
      if (known?.span !== span) known = { span, keys: Promise.all([span, span + 1, span - 1].map(keyOf)) };
      return known.keys;
    },
  };
}

/** A private key of Ed25519 is any 32 bytes (RFC 8032); around them PKCS #8 as RFC 8410 has it. */
function jwkOf(seed: Buffer): JWK {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }) as JWK;
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => shape.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

async function readKeys(folder: string, numbers: readonly number[]): Promise<AssertionKey[]> {
  const keys: AssertionKey[] = [];
  for (const number of numbers.slice(0, kept)) {
    const file = JSON.parse(await readFile(pathOf(folder, number), 'utf8')) as { createdMs: number; jwk: JWK };
    keys.push(await fromJwk(file.jwk, file.createdMs));
  }
  return keys;
}

async function addKey(folder: string, number: number, nowMs: number): Promise<void> {
  const draft = join(folder, `draft-${crypto.randomUUID()}`);
  const file = await open(draft, 'wx', 0o600);
  await file.writeFile(JSON.stringify({ createdMs: nowMs, jwk: await newJwk() }));
  await file.sync();
  await file.close();
  await link(draft, pathOf(folder, number)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(draft);
  for (const old of (await numbersIn(folder)).slice(kept)) await unlink(pathOf(folder, old)).catch(() => {});
}

const pathOf = (folder: string, number: number) => join(folder, `assertion-${String(number).padStart(6, '0')}.json`);

async function newJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
}

async function fromJwk(jwk: JWK, createdMs: number): Promise<AssertionKey> {
  const { d: _, ...open } = jwk;
  return {
    id: await calculateJwkThumbprint(open),
    createdMs,
    privateKey: (await importJWK(jwk, 'EdDSA')) as CryptoKey,
    publicKey: (await importJWK(open, 'EdDSA')) as CryptoKey,
  };
}
