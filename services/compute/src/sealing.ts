import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Desired } from '#src/runtime/runtime.ts';

/** AES-256-GCM: 12 bytes of nonce, 16 of tag, the text. Bound to the app and generation it was sealed for. */
export function seal(key: Buffer, desired: Desired): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(desired.appId, desired.generation));
  const text = Buffer.concat([cipher.update(JSON.stringify(desired), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

export function unseal(key: Buffer, sealed: Buffer, appId: string, generation: string): Desired {
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(boundTo(appId, generation));
  cipher.setAuthTag(sealed.subarray(12, 28));
  return JSON.parse(Buffer.concat([cipher.update(sealed.subarray(28)), cipher.final()]).toString('utf8')) as Desired;
}

function boundTo(appId: string, generation: string): Buffer {
  return Buffer.from(`${appId}/${generation}`);
}
