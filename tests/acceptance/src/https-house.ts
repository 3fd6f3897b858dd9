/**
 * A house as it stands on the internet: a name of its own, a certificate of an authority that only its guests trust, and
 * apps under a wildcard name. All names lead to this machine, for the test alone.
 */
import { rmSync, writeFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import { Agent, fetch as fetchWith } from 'undici';
import { makeAuthority } from '#src/certificates.ts';
import { makeFolder } from '#src/command.ts';
import { freePorts, type RunningShape, type Shape, startShape } from '#src/shapes.ts';

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
  /** Puts another certificate of the same authority into the file; gateways take it when they start. */
  renewCertificate(): Promise<void>;
}

export const toThisMachine: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

/** @param options.shape default: one process. In several, each gateway speaks TLS itself, with the same certificate. */
export async function startHttpsHouse(
  options: { shape?: Shape; env?: Record<string, string> } = {},
): Promise<HttpsHouse> {
  const folder = makeFolder('certificates');
  const authority = await makeAuthority();
  const issue = () => authority.issue([houseName, `*.${appsDomain}`]);
  const pair = await issue();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = file('ca.pem', authority.pem);
  const [httpsPort = 0] = await freePorts(1);
  const publicUrl = `https://${houseName}:${httpsPort}`;
  const house = await startShape(options.shape ?? 'one process', {
    STEADING_HTTPS_PORT: String(httpsPort),
    STEADING_TLS_CERTIFICATE: file('house.pem', pair.cert),
    STEADING_TLS_KEY: file('house-key.pem', pair.key),
    STEADING_PUBLIC_URL: publicUrl,
    STEADING_APPS_DOMAIN: appsDomain,
    ...options.env,
  });
  const dispatcher = new Agent({ connect: { ca: authority.pem, lookup: toThisMachine } });
  const ask = (url: string, init: object = {}) => fetchWith(url, { redirect: 'manual', ...init, dispatcher });
  // Members of a house are read when they are asked for: the set-up link may be gone by then.
  return Object.assign(Object.create(house) as RunningShape, {
    ...{
      publicUrl,
      httpsPort,
      caFile,
      ca: authority.pem,
      lookup: toThisMachine,
      fetch: ask as unknown as typeof fetch,
    },
    async renewCertificate() {
      const renewed = await issue();
      file('house.pem', renewed.cert);
      file('house-key.pem', renewed.key);
    },
    async stop() {
      await house.stop();
      await dispatcher.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
