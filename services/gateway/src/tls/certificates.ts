import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { fail } from '#src/errors.ts';
import type { OwnAuthority } from '#src/tls/own-authority.ts';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The certificate for a name that a client asks for: the operator's own where it covers the name, else one of the
 * house's authority, but only for names that the house serves.
 */
export async function createCertificates(options: {
  files: CertificateFiles | undefined;
  authority: OwnAuthority;
  serves: (name: string) => boolean;
}): Promise<(name: string) => Promise<SecureContext>> {
  const { authority, serves } = options;
  const own = options.files && (await loadOwn(options.files));
  return async (name) => {
    if (own && (own.covers(name) || !serves(name))) return own.context;
    if (!serves(name)) throw new Error('no certificate for this name');
    return authority.contextFor(name);
  };
}

async function loadOwn(files: CertificateFiles) {
  try {
    const [cert, key] = await Promise.all([readFile(files.certificate, 'utf8'), readFile(files.key, 'utf8')]);
    const parsed = new X509Certificate(cert);
    return {
      context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
      covers: (name: string) => parsed.checkHost(name) !== undefined,
    };
  } catch (error) {
    throw fail('gateway.certificate-unreadable', { problem: (error as Error).message }, error);
  }
}
