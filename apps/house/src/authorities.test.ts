import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { trustAuthorities } from '#src/authorities.ts';

const root = mkdtempSync(join(tmpdir(), 'steading-authorities-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const digest = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
const digests = (pems: readonly string[]) => new Set(pems.map(digest));
const pemsOf = (file: string) => readFileSync(file, 'utf8').split(/(?<=-----END CERTIFICATE-----)\n/);

/** Any that the machine does not know would do. */
const stranger = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUEIPBNQq1ezfa50n1V38LiO74pb4wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGTm9ib2R5MB4XDTI2MTEyODAwNTg1NFoXDTM2MTEyNTAwNTg1
NFowETEPMA0GA1UEAwwGTm9ib2R5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
7Q3wefVqdSntLhOZu24VJ/DYzZL/AB5fUt42yAH31BA9BImRRSjl1COBJMmcFIUy
9Rm7mOklHbIOEU782XkegaNTMFEwHQYDVR0OBBYEFE3/DLaHvDzAdQU1EBzdocyf
uAjCMB8GA1UdIwQYMBaAFE3/DLaHvDzAdQU1EBzdocyfuAjCMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgA9tgHLtmvUSH7Z6m6ZWxBcIlst6ZEnhP
NAW3wTpOWQICIQC1MOL/QlWvxYlIHdB8j+qjhJxAqxtvCIEC6FA8C/YTDA==
-----END CERTIFICATE-----`;

test('an authority of the file is trusted besides all others, here and in the file for other programs', () => {
  const given = join(root, 'given.pem');
  writeFileSync(given, `Some words before it.\r\n${stranger.replaceAll('\n', '\r\n')}\r\n`);
  const before = digests(getCACertificates('default'));
  expect(before).not.toContain(digest(stranger));
  const file = trustAuthorities({ file: given, folder: join(root, 'run') });
  expect(digests(getCACertificates('default'))).toEqual(before.add(digest(stranger)));
  const told = digests(pemsOf(file!).filter(Boolean));
  expect(told).toContain(digest(stranger));
  const machine = getCACertificates('system');
  for (const pem of machine.length > 0 ? machine : getCACertificates('bundled')) expect(told).toContain(digest(pem));
});

test.each([
  ['that is not there', undefined, 'cannot be read (ENOENT)'],
  ['without a certificate', 'words', 'holds no certificate in PEM'],
  ['with a broken one', stranger.replace(/\n.*\n/, '\nAAAA\n'), 'its certificate number 1 is broken'],
])('a file %s is refused in a sentence', (name, text, problem) => {
  const given = join(root, name);
  if (text !== undefined) writeFileSync(given, text);
  expect(() => trustAuthorities({ file: given, folder: root })).toThrow(`STEADING_EXTRA_CA_CERTS: ${given} `);
  expect(() => trustAuthorities({ file: given, folder: root })).toThrow(problem);
});
