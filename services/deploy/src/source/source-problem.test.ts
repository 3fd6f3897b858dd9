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
] as const)('git that %s: one sentence says so', (_what, change, code, text) => {
  const problem = sayGitProblem({ ...result, ...change }, source, 'main');
  expect(problem).toMatchObject({ code, message: expect.stringMatching(text) });
});
