/** A key pair for one app: the public half goes to the Git server, the private half is sealed. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Secret } from '@steading/kit';

export interface DeployKey {
  /** `ssh-ed25519 AAAA… steading-<comment>` */
  readonly publicKey: string;
  /** In OpenSSH's own format (the only one that ssh reads for ed25519). */
  readonly privateKey: Secret;
}

/** Format: PROTOCOL.key of OpenSSH, unencrypted. */
export function createDeployKey(comment: string): DeployKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const publicBytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const name = `steading-${comment}`;
  const publicBlob = Buffer.concat([field('ssh-ed25519'), field(publicBytes)]);
  const check = randomBytes(4);
  let secret = Buffer.concat([
    check,
    check,
    field('ssh-ed25519'),
    field(publicBytes),
    field(Buffer.concat([seed, publicBytes])),
    field(name),
  ]);
  for (let pad = 1; secret.length % 8 !== 0; pad++) secret = Buffer.concat([secret, Buffer.from([pad])]);
  const none = field('none');
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    field(''),
    Buffer.from([0, 0, 0, 1]),
    field(publicBlob),
    field(secret),
  ]);
  const lines = whole
    .toString('base64')
    .match(/.{1,70}/g)!
    .join('\n');
  return {
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')} ${name}`,
    privateKey: new Secret(`-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`),
  };
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
