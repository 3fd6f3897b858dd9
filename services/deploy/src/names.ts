/** What may be called what: short names that become part of a host, and the hosts themselves. Pure. */
import { createHash } from 'node:crypto';

const nameIdShape = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const labelShape = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Why a name id is refused, or undefined. */
export function nameIdProblem(text: string): string | undefined {
  if (text.length < 1 || text.length > 30) return 'it must have 1 to 30 characters.';
  if (!nameIdShape.test(text)) return 'use lower-case letters, digits and single dashes, beginning with a letter.';
  return undefined;
}

/** Why a name for people is refused, or undefined. */
export function nameProblem(text: string): string | undefined {
  if (text.trim().length < 1 || text.length > 80) return 'it must have 1 to 80 characters.';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it must not hold control characters.';
  return undefined;
}

/**
 * The hosts to try for an app, in order: `<app>-<project>.<domain>`, then the same with a mark that is made from the
 * app's id, for when another space has an app and a project of the same names. At most 63 characters in the label.
 */
export function defaultHosts(options: { app: string; project: string; appId: string; appsDomain: string }): string[] {
  const domain = options.appsDomain.replace(/:\d+$/, '').toLowerCase();
  const mark = createHash('sha256').update(options.appId).digest('hex').slice(0, 8);
  const base = `${options.app}-${options.project}`;
  const plain = base.length <= 63 ? [`${base}.${domain}`] : [];
  return [...plain, `${base.slice(0, 54).replace(/-+$/, '')}-${mark}.${domain}`];
}

/** The address of a host on this house: scheme and port are those of the house's own address. */
export function hostUrl(host: string, publicUrl: string): string {
  const url = new URL(publicUrl);
  return `${url.protocol}//${host}${url.port ? `:${url.port}` : ''}`;
}

/** An own domain in its normal form, or why it is refused. */
export function checkHost(
  text: string,
  reserved: { appsDomain: string; publicUrl: string },
): { host: string } | { problem: string } {
  const host = text.trim().toLowerCase().replace(/\.$/, '');
  if (host.length < 4 || host.length > 253) return { problem: 'it must have 4 to 253 characters.' };
  const labels = host.split('.');
  if (labels.length < 2 || !labels.every((label) => labelShape.test(label)))
    return { problem: 'write a domain such as app.example.org, without a scheme, port or path.' };
  if (/^\d+$/.test(labels.at(-1)!)) return { problem: 'an IP address cannot be a domain.' };
  const appsDomain = reserved.appsDomain.replace(/:\d+$/, '').toLowerCase();
  const own = new URL(reserved.publicUrl).hostname;
  if (host === own || host.endsWith(`.${own}`) || host === appsDomain || host.endsWith(`.${appsDomain}`))
    return { problem: 'addresses under the house’s own domains are given by the house.' };
  return { host };
}

export function proofRecord(host: string): string {
  return `_steading.${host}`;
}
