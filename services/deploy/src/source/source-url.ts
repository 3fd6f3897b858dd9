/**
 * Addresses of repositories and names of branches, as people write them. Whatever passes here may be handed to git as
 * an argument; nothing that begins with a dash, names a transport of git's own (`ext::`), or carries credentials does.
 */
export interface SourceUrl {
  readonly kind: 'https' | 'http' | 'ssh';
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** For ssh. */
  readonly user: string;
  /** Rewritten in its one normal form: what git is given, and what is shown. */
  readonly url: string;
}

const defaultPorts = { https: 443, http: 80, ssh: 22 } as const;
const hostShape = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const pathShape = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;
const scpShape = /^([A-Za-z0-9_][A-Za-z0-9_.-]*)@([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)([^\s:][^\s]*)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** The address in its parts, or one sentence about what is wrong. */
export function parseSourceUrl(text: string, allowed: { http: boolean }): SourceUrl | { problem: string } {
  if (text.length === 0) return { problem: 'it is empty.' };
  if (text.length > 2000) return { problem: 'it is longer than 2000 characters.' };
  if (control.test(text)) return { problem: 'it must not hold spaces or control characters.' };
  if (text.startsWith('-')) return { problem: 'it must not begin with a dash.' };
  const scp = scpShape.exec(text);
  const parsed = URL.parse(scp ? `ssh://${scp[1]}@${scp[2]}/${scp[3]}` : text);
  if (!parsed || /^[^/]*::/.test(text)) return { problem: 'write https://host/path or git@host:path.' };
  const kind = parsed.protocol.slice(0, -1);
  if (kind === 'http' && !allowed.http)
    return { problem: 'http is not encrypted; use https, or ssh with a deploy key.' };
  if (kind !== 'https' && kind !== 'http' && kind !== 'ssh')
    return { problem: `${kind}: is not read; use https or ssh.` };
  return checkParts(parsed, kind);
}

function checkParts(parsed: URL, kind: SourceUrl['kind']): SourceUrl | { problem: string } {
  if (parsed.password !== '' || (kind !== 'ssh' && parsed.username !== ''))
    return { problem: 'leave the user and password out of it, and give a token instead.' };
  if (parsed.search !== '' || parsed.hash !== '') return { problem: 'leave out what follows ? or #.' };
  const bracketed = /^\[([0-9a-f:.]+)\]$/i.exec(parsed.hostname);
  const host = (bracketed?.[1] ?? parsed.hostname).toLowerCase().replace(/\.$/, '');
  if (!bracketed && !hostShape.test(host)) return { problem: 'its host is not a name or an address.' };
  const path = parsed.pathname;
  if (path === '/' || !pathShape.test(path) || decodesToDots(path))
    return { problem: 'its path is not that of a repository.' };
  const user = kind === 'ssh' ? parsed.username || 'git' : '';
  if (user !== '' && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(user))
    return { problem: 'its user name is not usable.' };
  const port = parsed.port === '' ? defaultPorts[kind] : Number(parsed.port);
  const shownHost = bracketed ? `[${host}]` : host;
  const shownPort = port === defaultPorts[kind] ? '' : `:${port}`;
  return { kind, host, port, user, url: `${kind}://${user ? `${user}@` : ''}${shownHost}${shownPort}${path}` };
}

function decodesToDots(path: string): boolean {
  try {
    const decoded = decodeURIComponent(path);
    return (
      decoded.split(/[/\\]/).includes('..') || control.test(decoded.replaceAll(' ', '_')) || decoded.includes('/-')
    );
  } catch {
    return true;
  }
}

/** Why a branch or tag name is refused (git's own rules, and no leading dash), or undefined. */
export function branchProblem(text: string): string | undefined {
  if (text.length === 0 || text.length > 250) return 'a branch has 1 to 250 characters.';
  if (text.startsWith('-')) return 'it must not begin with a dash.';
  if (control.test(text) || /[~^:?*[\\]/.test(text)) return 'it holds characters that git does not allow.';
  if (text.includes('..') || text.includes('@{') || text.includes('//') || text === '@')
    return 'git does not allow this name.';
  if (/^\/|\/$|\.$/.test(text)) return 'git does not allow this name.';
  if (text.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock')))
    return 'git does not allow this name.';
  return undefined;
}

/** Why a commit is refused, or undefined: 7 to 64 hexadecimal digits. */
export function commitProblem(text: string): string | undefined {
  return /^[0-9a-f]{7,40}$|^[0-9a-f]{64}$/.test(text)
    ? undefined
    : 'a commit is 7 to 40 (or 64) hexadecimal digits in lower case.';
}
