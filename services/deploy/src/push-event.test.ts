import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { asksToSkip, deliveryKeys, isGenuine, readDelivery, readPushes, takesPush } from '#src/push-event.ts';

const after = 'a'.repeat(40);
const body = JSON.stringify({
  ref: 'refs/heads/main',
  after,
  head_commit: { id: after, message: 'Plant beans', author: { name: 'Ada' } },
});
const hmac = (text: string, secret = 's3cret') => createHmac('sha256', secret).update(text).digest('hex');

test.each([
  ['github', { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${hmac(body)}` }],
  ['gitea', { 'x-gitea-event': 'push', 'x-github-event': 'push', 'x-gitea-signature': hmac(body) }],
  ['gitea', { 'x-forgejo-event': 'push', 'x-forgejo-signature': hmac(body) }],
  ['gitlab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 's3cret' }],
  ['bitbucket', { 'x-event-key': 'repo:push', 'x-hub-signature': `sha256=${hmac(body)}` }],
])('%s is recognised and its signature checked', (forge, given) => {
  const headers = new Headers(given as Record<string, string>);
  const delivery = readDelivery(headers)!;
  expect(delivery).toMatchObject({ forge, kind: 'push' });
  expect(isGenuine(delivery.forge, headers, Buffer.from(body), 's3cret')).toBe(true);
  expect(isGenuine(delivery.forge, headers, Buffer.from(body), 'other')).toBe(false);
  if (forge !== 'gitlab') expect(isGenuine(delivery.forge, headers, Buffer.from(`${body} `), 's3cret')).toBe(false);
});

test.each([
  {},
  { 'x-hub-signature-256': 'sha256=' },
  { 'x-hub-signature-256': hmac(body) },
  { 'x-hub-signature': `sha1=${hmac(body)}` },
])('a missing or malformed signature is refused', (given) => {
  const headers = new Headers({ 'x-github-event': 'push', ...(given as Record<string, string>) });
  expect(isGenuine('github', headers, Buffer.from(body), 's3cret')).toBe(false);
});

test('an empty secret opens nothing', () => {
  expect(isGenuine('gitlab', new Headers({ 'x-gitlab-token': '' }), Buffer.from(''), '')).toBe(false);
});

test('reads a push', () => {
  expect(readPushes('github', body)).toEqual([
    { ref: { kind: 'branch', name: 'main' }, commit: after, message: 'Plant beans', author: 'Ada' },
  ]);
});

test('reads every change of a Bitbucket push', () => {
  const target = { hash: 'b'.repeat(40), message: 'x\n', author: { raw: 'Ada <ada@example.org>' } };
  const text = JSON.stringify({
    push: {
      changes: [
        { new: { type: 'branch', name: 'main', target } },
        { new: null, old: { type: 'branch', name: 'gone' } },
      ],
    },
  });
  expect(readPushes('bitbucket', text)).toMatchObject([
    { ref: { name: 'main' }, commit: 'b'.repeat(40), author: 'Ada' },
    { ref: { name: 'gone' }, commit: undefined },
  ]);
});

test.each([
  '',
  '{',
  '[]',
  `{"ref":"refs/heads/--upload-pack=x","after":"${after}"}`,
  '{"ref":"refs/heads/a","after":"--x"}',
  '{"ref":5}',
])('refuses the body %j', (text) => expect(readPushes('github', text)).toHaveProperty('problem'));

test('a removed branch and another branch are not taken', () => {
  const push = { ref: { kind: 'branch' as const, name: 'main' }, commit: after, message: '', author: '' };
  expect(takesPush(push, 'main', undefined)).toBe(true);
  expect(takesPush(push, '', 'main')).toBe(true);
  expect(takesPush(push, 'other', 'main')).toBe(false);
  expect(takesPush({ ...push, commit: undefined }, 'main', undefined)).toBe(false);
  expect(takesPush({ ...push, ref: { kind: 'tag', name: 'v1' } }, '', undefined)).toBe(false);
});

test.each(['x [skip ci]', '[ci skip]', 'x\n\n[Skip Deploy]'])('%j asks to be skipped', (text) =>
  expect(asksToSkip(text)).toBe(true),
);
test('an ordinary message does not', () => expect(asksToSkip('skip ci checks')).toBe(false));

test('a delivery is remembered by its id and its body', () => {
  expect(deliveryKeys({ forge: 'github', id: 'x', kind: 'push' }, Buffer.from('a'))).toHaveLength(2);
});
