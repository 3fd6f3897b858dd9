import { expect, test } from 'vitest';
import { sayGitProblem } from './source-problem.ts';
import { parseSourceUrl } from './source-url.ts';

const source = parseSourceUrl('https://git.example.org/garden/site.git', { http: false });
if ('problem' in source) throw new Error(source.problem);
const result = { code: 128, stdout: '', stderr: '', tooLarge: false };

test.each([
  ['was ended by somebody', { signal: 'SIGKILL' }, 'git-ended', /was ended by SIGKILL .*Try again\.$/],
  ['said why', { stderr: 'fatal: the index is upside down.\n' }, 'git-failed', /: the index is upside down\.$/],
  ['said nothing', { code: 3 }, 'git-failed', /: it ended with code 3\.$/],
  [
    'trusts nobody who vouches for the server',
    { stderr: 'fatal: unable to access: server certificate verification failed. CAfile: none CRLfile: none' },
    'certificate',
    /is not trusted: .*STEADING_EXTRA_CA_CERTS\.$/,
  ],
  [
    'was shown a certificate for another name (GnuTLS)',
    { stderr: "fatal: SSL: certificate subject name (x) does not match target host name 'git.example.org'" },
    'certificate-name',
    /git\.example\.org is for another name/,
  ],
  [
    'was shown a certificate for another name (OpenSSL)',
    { stderr: "fatal: SSL: no alternative certificate subject name matches target host name 'git.example.org'" },
    'certificate-name',
    /git\.example\.org is for another name/,
  ],
] as const)('git that %s: one sentence says so', (_what, change, code, text) => {
  const problem = sayGitProblem({ ...result, ...change }, source, 'main');
  expect(problem).toMatchObject({ code, message: expect.stringMatching(text) });
});
