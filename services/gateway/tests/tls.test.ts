import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@steading/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFront, type Front } from '#src/front/front.ts';
import { plainPage, rawRefusal } from '#src/front/plain-page.ts';
import { createCertificates } from '#src/tls/certificates.ts';
import { openOwnAuthority } from '#src/tls/own-authority.ts';
import { freePort } from './free-port.ts';

let folder: string;
let front: Front;
let port: number;
let ca: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steading-tls-'));
  const authority = await openOwnAuthority(folder, Date.now);
  ca = authority.rootPem;
  port = await freePort();
  const side = {
    request: (_incoming: unknown, outgoing: Parameters<typeof plainPage>[0], host: string) =>
      plainPage(outgoing, 200, host),
    upgrade: (_incoming: unknown, socket: Parameters<typeof rawRefusal>[0]) => rawRefusal(socket, 404, 'none'),
  };
  const serves = (name: string) => name.endsWith('localhost');
  const tls = await createCertificates({ files: undefined, authority, serves, houseHost: 'localhost' });
  front = createFront({
    bind: '127.0.0.1',
    httpPort: 0,
    tls: { port, ...tls },
    houseHosts: new Set(['localhost']),
    house: side,
    edge: side,
    clock: systemClock,
  });
  await front.start();
});

afterAll(async () => {
  await front.stop(AbortSignal.timeout(200));
  rmSync(folder, { recursive: true, force: true });
});

const get = (servername: string) =>
  new Promise<string>((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', servername, ca, headers: { host: servername }, agent: false },
      (answer) => {
        let body = '';
        answer.on('data', (chunk) => (body += chunk));
        answer.once('end', () => resolve(body));
      },
    );
    sent.once('error', reject);
    sent.end();
  });

it('is trusted by who trusts the root, for each name it serves', async () => {
  expect(await get('localhost')).toContain('localhost');
  expect(await get('shop.localhost')).toContain('shop.localhost');
});

it('has no certificate for a name of others', async () => {
  await expect(get('bank.example.org')).rejects.toThrow();
});

it('keeps the key of the root to itself, and the same root after a restart', async () => {
  expect(statSync(join(folder, 'root-key.pem')).mode & 0o777).toBe(0o600);
  expect((await openOwnAuthority(folder, Date.now)).rootPem).toBe(ca);
});

it('speaks HTTP/2', async () => {
  const session = connectHttp2(`https://localhost:${port}`, { ca });
  const stream = session.request({ ':path': '/' });
  const status = await new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve(headers[':status']));
    stream.once('error', reject);
    session.once('error', reject);
  });
  expect(status).toBe(200);
  session.destroy();
});
