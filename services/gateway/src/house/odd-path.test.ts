import { expect, it } from 'vitest';
import { isOddPath } from '#src/house/odd-path.ts';

it.each(['/auth/./sign-in', '/auth/../x', '/x/..', '/%2e%2E/x', '/.%2e', '/auth\\sign-in', '//evil.example.org/x'])(
  'finds that %s means something else',
  (path) => expect(isOddPath(path)).toBe(true),
);

it.each(['/', '/auth/sign-in', '/.well-known/x', '/a..b/c', '/...', '/a%2fb', '/x//y'])('takes %s as it is', (path) => {
  expect(isOddPath(path)).toBe(false);
  expect(new URL(path, 'http://localhost').pathname).toBe(path);
});
