/** Something wrong with a source, in words for the person who deploys; never holds a credential. */
import { diskFullText } from '#src/disk-full.ts';
import type { GitResult } from '#src/source/git-process.ts';
import type { SourceUrl } from '#src/source/source-url.ts';

export class SourceProblem extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'SourceProblem';
    this.code = code;
  }
}

const known: readonly (readonly [RegExp, string, (source: SourceUrl, branch: string) => string])[] = [
  [/no space left on device|disk quota exceeded/i, 'disk-full', () => diskFullText],
  [
    /couldn't find remote ref/i,
    'no-branch',
    (_, branch) =>
      branch
        ? `The repository has no branch or tag ${branch}. Choose one that it has.`
        : 'The repository is empty. Push a commit to it first.',
  ],
  [
    /authentication failed|could not read username|returned error: 401|returned error: 403|terminal prompts disabled/i,
    'refused',
    (source) => `${source.host} refused to show this repository. If it is private, give a token that may read it.`,
  ],
  [
    /permission denied \(|permission denied, please try again|no supported authentication/i,
    'refused',
    (source) => `${source.host} refused the deploy key. Add the public key of this app to the repository.`,
  ],
  [
    /host key verification failed|remote host identification has changed/i,
    'host-key',
    (source) =>
      `The host key of ${source.host} is not the one seen before. If the server was replaced, save the source of this app again.`,
  ],
  [
    /repository .* not found|returned error: 404|does not exist|does not appear to be a git repository/i,
    'not-found',
    () => 'There is no repository at this address, or it is private. Check the address, or give a token.',
  ],
  [
    /returned error: 30\d|unable to update url base from redirection|redirect/i,
    'redirect',
    () => 'The server sends elsewhere, which is not followed. Use the address that it sends to.',
  ],
  [
    /certificate subject name/i,
    'certificate-name',
    (source) =>
      `The certificate of ${source.host} is for another name. Use the name that it is for, or ask whoever keeps that server to correct it.`,
  ],
  [
    /ssl certificate problem|certificate verify failed|server certificate/i,
    'certificate',
    (source) =>
      `The certificate of ${source.host} is not trusted: its authority is not known here, or its time is over. An operator can name an authority in STEADING_EXTRA_CA_CERTS.`,
  ],
  [
    /could not resolve host|failed to connect|connection refused|timed out|couldn't connect|connection reset|operation too slow|connection closed/i,
    'unreachable',
    (source) => `${source.host} cannot be reached. Check the address, then try again.`,
  ],
];

export function sayGitProblem(result: GitResult, source: SourceUrl, branch: string): SourceProblem {
  for (const [shape, code, say] of known)
    if (shape.test(result.stderr)) return new SourceProblem(code, say(source, branch));
  if (result.signal)
    return new SourceProblem('git-ended', `Git was ended by ${result.signal} while it read the repository. Try again.`);
  const line = result.stderr.split('\n').find((text) => /^(?:fatal|error):/.test(text));
  const cause = line?.replace(/^(?:fatal|error):\s*/, '').replace(/\.$/, '');
  return new SourceProblem(
    'git-failed',
    `Git could not read the repository: ${cause?.slice(0, 300) || `it ended with code ${result.code}`}.`,
  );
}
