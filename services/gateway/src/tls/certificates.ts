import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { fail } from '#src/errors.ts';
import type { KeyPair, OwnAuthority } from '#src/tls/own-authority.ts';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface Certificates {
  /** Rejects for a name that the house does not serve. */
  contextFor(name: string): Promise<SecureContext>;
  /** Whether the certificate for a name is one that names it: the operator's own, or, without one, the authority's. */
  covers(name: string): boolean;
  /** For clients that name nobody. */
  readonly unnamed: KeyPair;
}

/**
 * The certificate for a name that a client asks for: the operator's own where it covers the name, else one of the
 * house's authority, but only for names that the house serves. Who names nobody (an address in the URL) gets the one of
 * the house. The operator's certificate is served even out of its time: people are told by their browser, and the
 * operator by `problem`.
 */
export async function createCertificates(options: {
  files: CertificateFiles | undefined;
  authority: OwnAuthority;
  serves: (name: string) => boolean;
  /** Host of the house's address. */
  houseHost: string;
}): Promise<Certificates> {
  const { authority, serves, houseHost } = options;
  const own = options.files && (await loadOwn(options.files));
  return {
    unnamed: own?.pair ?? (await authority.pemFor(houseHost.replace(/^\[|\]$/g, ''))),
    covers: (name) => (own ? own.covers(name) : serves(name)),
    async contextFor(name) {
      if (own && (own.covers(name) || !serves(name))) return own.context;
      if (!serves(name)) throw new Error('no certificate for this name');
      return authority.contextFor(name);
    },
  };
}

/** What is wrong with the time in which a certificate holds, or will be within two weeks; in one sentence. */
export function validityProblem(pem: string, nowMs: number): string | undefined {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (nowMs < validFromDate.getTime())
    return `The certificate holds only from ${day(validFromDate)} on. Check the clock.`;
  if (nowMs > validToDate.getTime()) return `The certificate expired on ${day(validToDate)}. Renew it, then restart.`;
  if (nowMs > validToDate.getTime() - 14 * 86_400_000)
    return `The certificate expires on ${day(validToDate)}. Renew it, then restart.`;
  return undefined;
}

async function loadOwn(files: CertificateFiles) {
  try {
    const [cert, key] = await Promise.all([readFile(files.certificate, 'utf8'), readFile(files.key, 'utf8')]);
    const parsed = new X509Certificate(cert);
    return {
      pair: { cert, key },
      context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
      covers: (name: string) => parsed.checkHost(name) !== undefined,
    };
  } catch (error) {
    throw fail('gateway.certificate-unreadable', { problem: (error as Error).message }, error);
  }
}
