import { join } from 'node:path';
import type { ServiceContext } from '@steading/service';
import type { gatewayConfig } from '#src/config.ts';
import { fail } from '#src/errors.ts';
import type { FrontTls } from '#src/front/servers.ts';
import { createCertificates, validityProblem } from '#src/tls/certificates.ts';

export interface Tls extends FrontTls {
  readonly covers: (name: string) => boolean;
  /** What an operator should know of the certificate, as of now. */
  readonly problem: string | undefined;
}

/** What the TLS port needs; undefined where none is wanted. */
export async function createTls(
  { config, house, clock }: Pick<ServiceContext<typeof gatewayConfig>, 'config' | 'house' | 'clock'>,
  serves: (name: string) => boolean,
): Promise<Tls | undefined> {
  const port = config.STEADING_HTTPS_PORT;
  if (port === undefined) return undefined;
  const { STEADING_TLS_CERTIFICATE: certificate, STEADING_TLS_KEY: key } = config;
  if ((certificate === undefined) !== (key === undefined))
    throw fail('gateway.certificate-unreadable', { problem: 'only one of the two files is named' });
  // Loaded only where it is needed: an idle house without TLS does not pay for it.
  const { openOwnAuthority } = await import('#src/tls/own-authority.ts');
  const authority = await openOwnAuthority(join(house.dataDir, 'gateway'), () => clock.now());
  const files = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
  const houseHost = new URL(house.publicUrl).hostname;
  const certificates = await createCertificates({ files, authority, serves, houseHost });
  return {
    port,
    ...certificates,
    get problem() {
      return files && validityProblem(certificates.unnamed.cert, clock.now());
    },
  };
}
