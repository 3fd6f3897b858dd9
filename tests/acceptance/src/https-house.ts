/**
 * A house as it stands on the internet: a name of its own, a certificate of an authority that only its guests trust, and
 * apps under a wildcard name. All names lead to this machine, for the test alone.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { Agent, fetch as fetchWith } from 'undici';
import { makeFolder } from '#src/command.ts';
import { freePorts, type RunningShape, startShape } from '#src/shapes.ts';

export const houseName = 'house.steading.example';
export const appsDomain = 'apps.steading.example';

export interface HttpsHouse extends RunningShape {
  /** Where people go: `https://…`; `url` is where this machine goes. */
  readonly publicUrl: string;
  readonly httpsPort: number;
  /** Of the authority. */
  readonly caFile: string;
  readonly ca: string;
  /** Every name is this machine. */
  readonly lookup: LookupFunction;
  /** As a client does that trusts the authority, and follows no redirect. */
  readonly fetch: typeof fetch;
}

export const toThisMachine: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

export async function startHttpsHouse(env: Record<string, string> = {}): Promise<HttpsHouse> {
  const folder = makeFolder('certificates');
  const pems = await makeCertificates([houseName, `*.${appsDomain}`]);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = file('ca.pem', pems.ca);
  const [httpsPort = 0] = await freePorts(1);
  const publicUrl = `https://${houseName}:${httpsPort}`;
  const house = await startShape('one process', {
    STEADING_HTTPS_PORT: String(httpsPort),
    STEADING_TLS_CERTIFICATE: file('house.pem', pems.certificate),
    STEADING_TLS_KEY: file('house-key.pem', pems.key),
    STEADING_PUBLIC_URL: publicUrl,
    STEADING_APPS_DOMAIN: appsDomain,
    ...env,
  });
  const dispatcher = new Agent({ connect: { ca: pems.ca, lookup: toThisMachine } });
  const ask = (url: string, init: object = {}) => fetchWith(url, { redirect: 'manual', ...init, dispatcher });
  // Members of a house are read when they are asked for: the set-up link may be gone by then.
  return Object.assign(Object.create(house) as RunningShape, {
    ...{ publicUrl, httpsPort, caFile, ca: pems.ca, lookup: toThisMachine, fetch: ask as unknown as typeof fetch },
    async stop() {
      await house.stop();
      await dispatcher.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** An authority, and a certificate of it for these names; in PEM. */
async function makeCertificates(names: readonly string[]): Promise<{ ca: string; certificate: string; key: string }> {
  const makeKeys = () =>
    webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  const [rootKeys, keys] = await Promise.all([makeKeys(), makeKeys()]);
  const times = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...{ name: 'CN=Authority of a test', ...times, signingAlgorithm: algorithm, keys: rootKeys },
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  const leaf = await x509.X509CertificateGenerator.create(
    {
      ...{ subject: `CN=${names[0]}`, issuer: root.subject, ...times, signingAlgorithm: algorithm },
      ...{ publicKey: keys.publicKey, signingKey: rootKeys.privateKey },
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
      ],
    },
    webcrypto,
  );
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { ca: root.toString('pem'), certificate: leaf.toString('pem'), key };
}
