import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificates, validityProblem } from '#src/tls/certificates.ts';
import { openOwnAuthority } from '#src/tls/own-authority.ts';
import { appHost, type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';
import { startGoodClient } from './hostile/good-client.ts';
import { type StrictUpstream, startStrictUpstream } from './hostile/strict-upstream.ts';

let house: EdgeHouse;
let app: StrictUpstream;

beforeAll(async () => {
  app = await startStrictUpstream();
  house = await startEdgeHouse({ tls: true, limits: { handshakeMs: 700, headerMs: 700, sweepMs: 100 } });
  house.setInstances([healthy('ins_1', app.address)]);
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

/** Resolves with the connection, or with why there is none. */
function shake(options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connect({ port: house.tlsPort, host: '127.0.0.1', servername: appHost, ca: house.ca, ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
  });
}

/** The first line of an answer on such a connection. */
async function ask(options: ConnectionOptions, host: string): Promise<string> {
  const socket = await shake(options);
  if (typeof socket === 'string') return socket;
  socket.write(`GET /front HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard.split('\r\n', 1)[0]!;
}

describe('versions', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect(await shake(old)).toMatch(/PROTOCOL_VERSION|UNSUPPORTED|ECONNRESET|closed/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    expect(await ask({ minVersion: version, maxVersion: version }, appHost)).toBe('HTTP/1.1 200 OK');
  });

  it('ends a connection that wants to negotiate again', async () => {
    const socket = (await shake({ maxVersion: 'TLSv1.2' })) as TLSSocket;
    const over = new Promise((resolve) => socket.once('close', () => resolve('closed')));
    socket.on('error', () => {});
    socket.resume();
    const again = new Promise((resolve) => socket.renegotiate({}, (error) => resolve(error ? 'refused' : 'done')));
    expect(await Promise.race([over, again])).not.toBe('done');
    socket.destroy();
  });
});

describe('names', () => {
  it.each<[string, ConnectionOptions, string, string]>([
    ['an app by its name', { servername: appHost }, appHost, 'HTTP/1.1 200 OK'],
    ['the house by its name', { servername: 'localhost' }, 'localhost', 'HTTP/1.1 200 OK'],
    ['the name in other letters', { servername: appHost.toUpperCase() }, `${appHost}:443`, 'HTTP/1.1 200 OK'],
    ['the house on a connection for an app', { servername: appHost }, 'localhost', 'HTTP/1.1 421 Misdirected Request'],
    ['an app on a connection for the house', { servername: 'localhost' }, appHost, 'HTTP/1.1 421 Misdirected Request'],
    ['the house by an address, without a name', { servername: '' }, '127.0.0.1', 'HTTP/1.1 421 Misdirected Request'],
    ['an app without a name', { servername: '' }, appHost, 'HTTP/1.1 421 Misdirected Request'],
    ['the house without a name', { servername: '' }, 'localhost', 'HTTP/1.1 200 OK'],
  ])('%s', async (_name, options, host, line) => {
    // The certificate is judged elsewhere; here it is who may be spoken to.
    expect(await ask({ ...options, checkServerIdentity: () => undefined }, host)).toBe(line);
  });

  it.each(['bank.example.org', `x.${appHost}`, '*.localhost', 'localhost.evil.org', 'a'.repeat(63)])(
    'has no certificate for %s',
    async (servername) => {
      expect(await shake({ servername })).toMatch(/ALERT|ECONNRESET|closed/);
    },
  );

  it('agrees on HTTP/2 or HTTP/1.1 and on nothing else', async () => {
    const chosen = async (ALPNProtocols: string[]) => {
      const socket = await shake({ ALPNProtocols });
      if (typeof socket === 'string') return socket;
      socket.destroy();
      return socket.alpnProtocol;
    };
    expect(await chosen(['h2', 'http/1.1'])).toBe('h2');
    expect(await chosen(['http/1.1'])).toBe('http/1.1');
    expect(await chosen(['spdy/3', 'acme-tls/1'])).toMatch(/ALERT|ECONNRESET|closed/);
  });
});

it('half handshakes are ended, and others are served meanwhile', async () => {
  const good = startGoodClient(house.port);
  const hello = Buffer.from('16030100c8010000c40303', 'hex');
  const halves = Array.from({ length: 200 }, () => {
    const socket = connectPlain(house.tlsPort, '127.0.0.1', () => socket.write(hello));
    socket.on('error', () => {});
    return new Promise((resolve) => socket.once('close', resolve));
  });
  expect(await ask({}, appHost)).toBe('HTTP/1.1 200 OK');
  await Promise.all(halves);
  expect((await good.stop()).failed).toEqual([]);
});

describe("an operator's certificate", () => {
  const folder = mkdtempSync(join(tmpdir(), 'steading-certificates-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const dayMs = 86_400_000;

  /** Made by an authority whose clock is `days` away. */
  async function make(days: number) {
    const authority = await openOwnAuthority(join(folder, `authority${days}`), () => Date.now() + days * dayMs);
    const { cert, key } = await authority.pemFor('house.example.org');
    const files = { certificate: join(folder, `${days}.pem`), key: join(folder, `${days}-key.pem`) };
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key);
    return { authority, files, cert };
  }

  it.each([
    [0, undefined],
    [-20, /^The certificate expires on .* Renew it, then restart\.$/],
    [-60, /^The certificate expired on .* Renew it, then restart\.$/],
    [60, /^The certificate holds only from .* on\. Check the clock\.$/],
  ])('made %i days from now is served, and its operator told what is wrong', async (days, problem) => {
    const { authority, files, cert } = await make(days);
    const served = await createCertificates({ files, authority, serves: () => true, houseHost: 'house.example.org' });
    expect(served.unnamed.cert).toBe(cert);
    await expect(served.contextFor('house.example.org')).resolves.toBeDefined();
    if (problem) expect(validityProblem(cert, Date.now())).toMatch(problem);
    else expect(validityProblem(cert, Date.now())).toBeUndefined();
  });

  it('with the key of another is refused at the start, in a sentence', async () => {
    const [one, other] = [await make(0), await make(-1)];
    const files = { certificate: one.files.certificate, key: other.files.key };
    const options = { files, authority: one.authority, serves: () => true, houseHost: 'localhost' };
    await expect(createCertificates(options)).rejects.toThrow(/The certificate cannot be used/);
  });
});

it('makes certificates for addresses as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steading-address-'));
  const authority = await openOwnAuthority(folder, Date.now);
  const [leaf, root] = [
    new X509Certificate((await authority.pemFor('::1')).cert),
    new X509Certificate(authority.rootPem),
  ];
  expect(leaf.checkIP('::1')).toBe('::1');
  expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
  rmSync(folder, { recursive: true, force: true });
});
