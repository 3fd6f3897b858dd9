import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { agreeOnce, derive, type Identity, type Recipient } from '#src/age/keys.ts';

/*
 * The header of an age file (C2SP/age.md): the file's key, closed once for each recipient, and a MAC under that key
 * over all of it. Text, at most a few hundred bytes here.
 */

const version = 'age-encryption.org/v1';
const info = 'age-encryption.org/v1/X25519';
const noNonce = Buffer.alloc(12);
const noSalt = Buffer.alloc(0);

export function writeHeader(fileKey: Buffer, recipients: readonly Recipient[]): Buffer {
  const lines = [version];
  for (const recipient of recipients) {
    const { share, secret } = agreeOnce(recipient);
    const cipher = createCipheriv('chacha20-poly1305', wrapKey(secret, share, recipient), noNonce, {
      authTagLength: 16,
    });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    lines.push(`-> X25519 ${unpadded(share)}`, unpadded(body));
  }
  const covered = `${lines.join('\n')}\n---`;
  return Buffer.from(`${covered} ${unpadded(macOf(fileKey, covered))}\n`);
}

export interface Header {
  /** The file's key, or undefined where no identity opens it. @throws when the header was changed. */
  open(identities: readonly Identity[]): Buffer | undefined;
}

/** @throws when the text is not the header of an age file. `text` ends with the line of the MAC. */
export function readHeader(text: string): Header {
  const lines = text.trimEnd().split('\n');
  const mac = /^--- ([A-Za-z0-9+/]{43})$/.exec(lines.at(-1) ?? '')?.[1];
  if (lines[0] !== version || !mac) throw new Error('not an age file');
  const covered = text.slice(0, text.lastIndexOf('\n---') + 4);
  const stanzas = lines.flatMap((line, index) => {
    const share = /^-> X25519 ([A-Za-z0-9+/]{43})$/.exec(line)?.[1];
    const body = lines[index + 1] ?? '';
    return share && body.length === 43
      ? [{ share: Buffer.from(share, 'base64'), body: Buffer.from(body, 'base64') }]
      : [];
  });
  return {
    open(identities) {
      for (const { share, body } of stanzas) {
        for (const identity of identities) {
          const fileKey = unwrap(identity, share, body);
          if (!fileKey) continue;
          if (!timingSafeEqual(macOf(fileKey, covered), Buffer.from(mac, 'base64')))
            throw new Error('the header was changed');
          return fileKey;
        }
      }
      return undefined;
    },
  };
}

function unwrap(identity: Identity, share: Buffer, body: Buffer): Buffer | undefined {
  try {
    const key = wrapKey(identity.agree(share), share, identity.recipient);
    const cipher = createDecipheriv('chacha20-poly1305', key, noNonce, { authTagLength: 16 });
    cipher.setAuthTag(body.subarray(-16));
    return Buffer.concat([cipher.update(body.subarray(0, -16)), cipher.final()]);
  } catch {
    return undefined;
  }
}

function wrapKey(secret: Buffer, share: Buffer, recipient: Recipient): Buffer {
  return derive(secret, Buffer.concat([share, recipient.raw]), info);
}

function macOf(fileKey: Buffer, covered: string): Buffer {
  return createHmac('sha256', derive(fileKey, noSalt, 'header'))
    .update(covered)
    .digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
