/** Certificate authorities of tests: nobody trusts them who was not told to. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface TestAuthority {
  /** Its root, in PEM. */
  readonly pem: string;
  /** A certificate for these DNS names, and its key; in PEM. */
  issue(names: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

const makeKeys = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

export async function makeAuthority(name = 'Authority of a test'): Promise<TestAuthority> {
  const keys = await makeKeys();
  const times = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...{ name: `CN=${name}`, ...times, signingAlgorithm: algorithm, keys },
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  );
  return {
    pem: root.toString('pem'),
    async issue(names) {
      const own = await makeKeys();
      const leaf = await x509.X509CertificateGenerator.create(
        {
          ...{ subject: `CN=${names[0]}`, issuer: root.subject, ...times, signingAlgorithm: algorithm },
          ...{ publicKey: own.publicKey, signingKey: keys.privateKey },
          extensions: [
            new x509.BasicConstraintsExtension(false),
            new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
            new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
          ],
        },
        webcrypto,
      );
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: leaf.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}
