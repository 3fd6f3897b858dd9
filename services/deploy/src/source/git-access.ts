/** How one repository is reached: its checked address, pinned, and the credentials for it. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '@steading/kit';
import ipaddr from 'ipaddr.js';
import { type LookUp, resolveSource } from '#src/source/source-address.ts';
import type { SourceUrl } from '#src/source/source-url.ts';

export interface Credentials {
  /** Sent as basic authorization over https (every forge takes a token as the password). */
  readonly token?: Secret;
  /** The private half of a deploy key, for ssh. */
  readonly deployKey?: Secret;
  /** Host keys seen before. Empty: the key seen now is kept (trust on first use). */
  readonly knownHosts?: string;
}

export interface GitAccess {
  readonly config: readonly (readonly [string, string])[];
  readonly environment: Readonly<Record<string, string>>;
  /** The known hosts after the connection, to be kept. */
  knownHosts(): Promise<string>;
}

/**
 * Checks where the repository lies and makes git go exactly there.
 * @param folder a folder of this run alone; holds the key and the known hosts, and is removed with it.
 */
export async function openAccess(
  source: SourceUrl,
  credentials: Credentials,
  options: { folder: string; allowInternal: boolean; lookUp: LookUp },
): Promise<GitAccess> {
  const addresses = await resolveSource(source.host, options);
  return source.kind === 'ssh'
    ? sshAccess(source, credentials, { folder: options.folder, address: addresses[0]! })
    : httpAccess(source, credentials, addresses);
}

function httpAccess(source: SourceUrl, credentials: Credentials, addresses: readonly string[]): GitAccess {
  const shown = addresses.map((address) => (address.includes(':') ? `[${address}]` : address)).join(',');
  const config: [string, string][] = [['http.proxy', '']];
  if (!ipaddr.isValid(source.host)) config.push(['http.curloptResolve', `${source.host}:${source.port}:${shown}`]);
  if (credentials.token && !credentials.token.isEmpty) {
    const basic = Buffer.from(`x-access-token:${credentials.token.reveal()}`).toString('base64');
    const origin = new URL(source.url).origin;
    config.push([`http.${origin}/.extraHeader`, `Authorization: Basic ${basic}`]);
  }
  return { config, environment: {}, knownHosts: async () => credentials.knownHosts ?? '' };
}

async function sshAccess(
  source: SourceUrl,
  credentials: Credentials,
  options: { folder: string; address: string },
): Promise<GitAccess> {
  const keyFile = join(options.folder, 'key');
  const hostsFile = join(options.folder, 'known-hosts');
  if (credentials.deployKey) {
    await writeFile(keyFile, credentials.deployKey.reveal(), { mode: 0o600 });
    await chmod(keyFile, 0o600);
  }
  await writeFile(hostsFile, credentials.knownHosts ?? '', { mode: 0o600 });
  // Git hands this to a shell; every part is a constant, a path of our own making, or a checked host or address.
  const command = [
    'ssh -F /dev/null -a -x -T',
    '-o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=15 -o ServerAliveInterval=15',
    '-o IdentitiesOnly=yes -o IdentityAgent=none -o PasswordAuthentication=no -o PermitLocalCommand=no -o ProxyCommand=none',
    `-o HostName=${options.address} -o HostKeyAlias=${source.host} -o CheckHostIP=no -o HashKnownHosts=no`,
    `-o UserKnownHostsFile=${quote(hostsFile)} -o GlobalKnownHostsFile=/dev/null`,
    credentials.deployKey ? `-i ${quote(keyFile)}` : '-i /dev/null',
  ].join(' ');
  return {
    config: [],
    environment: { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' },
    knownHosts: () => readFile(hostsFile, 'utf8'),
  };
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
