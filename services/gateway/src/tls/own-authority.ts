/**
 * An authority of the house's own, for localhost and names that no public authority signs. Its key stays in the
 * gateway's folder (0600); people download the root and trust it once. Certificates of hosts live 30 days, in memory.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { LRUCache } from 'lru-cache';

export interface OwnAuthority {
  /** The root, to be downloaded and trusted. */
  readonly rootPem: string;
  contextFor(name: string): Promise<SecureContext>;
  /** A fresh certificate for a name or an address, with its chain. */
  pemFor(name: string): Promise<KeyPair>;
}

/** In PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

type CryptoKey = webcrypto.CryptoKey;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const leafDays = 30;
const crypto = webcrypto;

export async function openOwnAuthority(folder: string, now: () => number): Promise<OwnAuthority> {
  const root = (await readRoot(folder)) ?? (await makeRoot(folder, now()));
  const contexts = new LRUCache<string, Promise<SecureContext>>({ max: 2_000, ttl: (leafDays - 5) * dayMs });
  const rootPem = root.certificate.toString('pem');
  const pemFor = async (name: string) => {
    const { cert, key } = await makeLeaf(root, name, now());
    return { cert: `${cert}\n${rootPem}`, key };
  };
  return {
    rootPem,
    pemFor,
    contextFor(name) {
      let context = contexts.get(name);
      if (!context) {
        context = pemFor(name).then((pair) => createSecureContext({ ...pair, minVersion: 'TLSv1.2' }));
        context.catch(() => contexts.delete(name));
        contexts.set(name, context);
      }
      return context;
    },
  };
}

interface Root {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

async function readRoot(folder: string): Promise<Root | undefined> {
  try {
    const certificate = new x509.X509Certificate(await readFile(join(folder, 'root.pem'), 'utf8'));
    const pkcs8 = x509.PemConverter.decodeFirst(await readFile(join(folder, 'root-key.pem'), 'utf8'));
    return { certificate, key: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function makeRoot(folder: string, nowMs: number): Promise<Root> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Steading house root',
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + 3_650 * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'root-key.pem'), await privatePem(keys.privateKey), { mode: 0o600 });
  await writeFile(join(folder, 'root.pem'), certificate.toString('pem'), { mode: 0o600 });
  return { certificate, key: keys.privateKey };
}

async function makeLeaf(root: Root, name: string, nowMs: number): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const isAddress = isIP(name) !== 0;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [name.slice(0, 64)] }],
      issuer: root.certificate.subject,
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + leafDays * dayMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: root.key,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: isAddress ? 'ip' : 'dns', value: name }]),
        await x509.AuthorityKeyIdentifierExtension.create(root.certificate, false, crypto),
      ],
    },
    crypto,
  );
  return { cert: certificate.toString('pem'), key: await privatePem(keys.privateKey) };
}

async function privatePem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
