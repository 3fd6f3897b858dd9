/**
 * Secrets at rest: AES-256-GCM with a key that lies outside the database. The id of the row is authenticated with it,
 * so that a sealed value copied to another row does not open there.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Secret } from '@steading/kit';

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

export interface Sealing {
  seal(text: string, rowId: string): Buffer;
  /** Throws where the value was changed, belongs to another row, or was sealed under another key. */
  open(sealed: Buffer, rowId: string): Secret;
}

export function createSealing(key: Buffer): Sealing {
  return {
    seal(text, rowId) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(rowId));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), iv, cipher.getAuthTag(), body]);
    },
    open(sealed, rowId) {
      if (sealed[0] !== version || sealed.length < 1 + ivBytes + tagBytes) throw new Error('a sealed value is damaged');
      const iv = sealed.subarray(1, 1 + ivBytes);
      const tag = sealed.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(rowId));
      decipher.setAuthTag(tag);
      const body = Buffer.concat([decipher.update(sealed.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
      return new Secret(body.toString('utf8'));
    },
  };
}
