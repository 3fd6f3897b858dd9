import { hostname } from 'node:os';
import { readAccount, writeAccount } from '#src/account.ts';
import { createApi } from '#src/api.ts';
import { Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';

interface Device {
  readonly userCode: string;
  readonly deviceCode: string;
  readonly verificationUrl: string;
  readonly intervalSeconds: number;
  readonly expiresSeconds: number;
}

/** `steading login`: shows a code, waits until it is approved in the browser (RFC 8628's shape), keeps a token. */
export async function login(address: string | undefined, out: Output): Promise<void> {
  const url = houseUrl(address);
  const api = createApi({ url });
  const device = await api.rest<Device>('POST', '/auth/device/start', {
    json: { name: `steading on ${hostname()}`.slice(0, 64) },
  });
  out.line(`Open ${device.verificationUrl} and approve the code ${out.style('bold', device.userCode)}`);
  out.progress('waiting for your approval');
  const deadline = Date.now() + device.expiresSeconds * 1000;
  while (Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, device.intervalSeconds * 1000));
    const token = await poll(url, device.deviceCode);
    if (!token) continue;
    writeAccount({ url, token });
    out.settle();
    return whoami(out);
  }
  throw new Failure('The code has run out. Run steading login again.');
}

/** `steading whoami`. */
export async function whoami(out: Output): Promise<void> {
  const account = readAccount();
  const { viewer } = await createApi(account).graph<{
    viewer: { person: { id: string; name: string; email: string | null }; isOperator: boolean } | null;
  }>('{ viewer { isOperator person { id name email } } }');
  if (!viewer)
    throw new Failure(
      `Your token for ${account.url} is not valid any more. Run: steading login ${account.url}`,
      'notSignedIn',
    );
  out.line(`${viewer.person.name} <${viewer.person.email}>${viewer.isOperator ? ', operator' : ''} at ${account.url}`);
  out.data({ url: account.url, ...viewer });
}

async function poll(url: string, deviceCode: string): Promise<string | undefined> {
  try {
    return (await createApi({ url }).rest<{ token: string }>('POST', '/auth/device/poll', { json: { deviceCode } }))
      .token;
  } catch (error) {
    if (
      error instanceof Failure &&
      ['identity.device-pending', 'identity.device-slow-down', 'too-many-requests'].includes(error.code)
    )
      return undefined;
    throw error;
  }
}

function houseUrl(address: string | undefined): string {
  const given = address ?? process.env.STEADING_URL ?? 'http://localhost:4600';
  const url = given.includes('://') ? given : `https://${given}`;
  if (!URL.canParse(url))
    throw new Failure(`${given} is not an address. It looks like https://house.example.org`, 'usage');
  return new URL(url).origin;
}
