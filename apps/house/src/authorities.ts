import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

const pemShape = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Makes this process trust the certificate authorities of a PEM file besides those that it trusts already, in every
 * connection by TLS that it opens from now on. Nothing that was trusted is trusted less, and nothing goes unverified.
 *
 * Programs of others are given one file that holds all of them, because each of them (git by `http.sslCAInfo`) takes a
 * file in place of the machine's own, and not besides it.
 *
 * @param options.file of `STEADING_EXTRA_CA_CERTS`; what `NODE_EXTRA_CA_CERTS` names is trusted by Node.js already, and
 * is put into the file for others too.
 * @returns the file for others; undefined where nothing is trusted but what the machine trusts.
 * @throws where the file cannot be read, or holds no certificate, in a sentence for the operator.
 */
export function trustAuthorities(options: { file: string | undefined; folder: string }): string | undefined {
  const given = options.file === undefined ? [] : readAuthorities(options.file);
  if (given.length > 0) setDefaultCACertificates([...getCACertificates('default'), ...given]);
  const extra = [...getCACertificates('extra'), ...given];
  if (extra.length === 0) return undefined;
  const system = getCACertificates('system');
  const all = new Set([...(system.length > 0 ? system : getCACertificates('bundled')), ...extra].map(trimmed));
  const file = join(options.folder, 'authorities.pem');
  mkdirSync(options.folder, { recursive: true, mode: 0o711 });
  // Other processes of the house may read it at this moment, or write the same.
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${[...all].join('\n')}\n`, { mode: 0o644 });
  renameSync(half, file);
  return file;
}

function readAuthorities(file: string): string[] {
  const wrong = (problem: string, cause?: unknown) =>
    new Error(`Wrong settings:\n  STEADING_EXTRA_CA_CERTS: ${file} ${problem}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
  const found = text.match(pemShape) ?? [];
  if (found.length === 0) throw wrong('holds no certificate in PEM');
  for (const [index, pem] of found.entries())
    try {
      void new X509Certificate(pem);
    } catch (error) {
      throw wrong(`cannot be used: its certificate number ${index + 1} is broken`, error);
    }
  return found;
}

function trimmed(pem: string): string {
  return pem.replaceAll('\r', '').trim();
}
