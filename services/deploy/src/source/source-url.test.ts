import { expect, test } from 'vitest';
import { branchProblem, commitProblem, parseSourceUrl } from '#src/source/source-url.ts';

test.each([
  ['https://git.example.org/ada/garden.git', 'https://git.example.org/ada/garden.git'],
  ['https://Git.Example.org:8443/ada/garden', 'https://git.example.org:8443/ada/garden'],
  ['git@git.example.org:ada/garden.git', 'ssh://git@git.example.org/ada/garden.git'],
  ['ssh://ada@git.example.org:2222/garden.git', 'ssh://ada@git.example.org:2222/garden.git'],
  ['https://[2001:db8:0:0:0:0:0:1]/garden.git', 'https://[2001:db8::1]/garden.git'],
  ['ssh://git@[2001:db8::1]:2222/garden.git', 'ssh://git@[2001:db8::1]:2222/garden.git'],
])('reads %s', (text, url) => {
  expect(parseSourceUrl(text, { http: false })).toMatchObject({ url });
});

test.each([
  '',
  '-oProxyCommand=x',
  '--upload-pack=/bin/sh',
  'file:///etc/passwd',
  '/etc/passwd',
  '../other',
  'ext::sh -c id',
  'git@host::sh',
  'ext::https://host/x',
  'ext::sh%20-c%20id',
  'fd::17',
  'git://git.example.org/garden',
  'http://git.example.org/garden',
  'https://ada:secret@git.example.org/garden',
  'https://token@git.example.org/garden',
  'https://git.example.org/',
  'https://git.example.org/garden?x=1',
  'https://git.example.org/garden#x',
  'https://git.example.org/a/../../b%2f..%2f..',
  'https://git.example.org/%00',
  'https://git.example.org/a b',
  'https://git.example.org/a\nb',
  'https://git.example.org/a\u202e',
  'ssh://-oProxyCommand=id/x',
  'ssh://git@-host/x',
  'ssh://git@git.example.org/-x',
  '-u@git.example.org:x',
  'git@-git.example.org:x',
  'javascript:alert(1)',
  `https://git.example.org/${'a'.repeat(3000)}`,
])('refuses %j', (text) => {
  expect(parseSourceUrl(text, { http: false })).toHaveProperty('problem');
});

test.each([
  '',
  '-x',
  '--upload-pack=x',
  'a..b',
  'a b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  '[a',
  'a\\b',
  '/a',
  'a/',
  'a.lock',
  '.a',
  'a/.b',
  '@',
  'a@{1}',
  'a//b',
  'a\u0001',
  'a'.repeat(300),
])('refuses the branch %j', (text) => expect(branchProblem(text)).toBeDefined());

test.each(['main', 'feature/a-1', 'v1.2.3', 'ünïcode'])('takes the branch %s', (text) => {
  expect(branchProblem(text)).toBeUndefined();
});

test.each(['', 'HEAD', '-1', 'abc', 'g'.repeat(40), `${'a'.repeat(40)}^`, 'A'.repeat(40)])(
  'refuses the commit %j',
  (text) => {
    expect(commitProblem(text)).toBeDefined();
  },
);
