import { anonymous, kitErrors, serviceCaller } from '@steading/kit';
import { expect, test } from 'vitest';
import { createRouter } from '#src/routes.ts';

const router = createRouter([
  {
    method: 'GET',
    path: '/open/:name',
    access: { public: 'a test' },
    handle: async ({ params }) => Response.json(params),
  },
  {
    method: 'POST',
    path: '/open/:name',
    access: { public: 'a test' },
    maxBytes: 10,
    handle: async ({ request }) => new Response(await request.text()),
  },
  {
    method: 'GET',
    path: '/closed',
    access: { signedIn: true },
    handle: async ({ caller }) => new Response(caller.principal),
  },
  {
    method: 'GET',
    path: '/files/*',
    access: { public: 'a test' },
    handle: async ({ params }) => Response.json(params),
  },
  {
    method: 'GET',
    path: '/taken',
    access: { public: 'a test' },
    handle: async () => {
      throw kitErrors('conflict', { what: 'It' });
    },
  },
]);
const nobody = anonymous('req_1');
const ask = async (method: string, path: string, body?: string | ReadableStream<Uint8Array>, caller = nobody) => {
  const init: RequestInit & { duplex?: 'half' } = body === undefined ? { method } : { method, body, duplex: 'half' };
  const answer = await router.handle(new Request(`http://house${path}`, init), caller);
  const text = await answer.text();
  return { status: answer.status, text };
};

test.each([
  ['GET', '/open/ada%20l', 200, '"name":"ada l"'],
  ['GET', '/files/a/b.txt', 200, '"*":"a/b.txt"'],
  ['GET', '/open/', 404, 'not-found'],
  ['GET', '/open/a/b', 404, 'not-found'],
  ['GET', '/open/%E0%A4%A', 404, 'not-found'],
  ['DELETE', '/closed', 405, 'method-not-allowed'],
  ['GET', '/closed', 401, 'unauthenticated'],
  ['GET', '/taken', 409, '"requestId":"req_1"'],
])('%s %s is answered with %i', async (method, path, status, part) => {
  const answer = await ask(method, path);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(part);
});

test('whoever is signed in comes in', async () => {
  expect(await ask('GET', '/closed', undefined, serviceCaller('x', 'req_2'))).toEqual({
    status: 200,
    text: 'service:x',
  });
});

test('a body over the limit is refused, whether or not its length is told', async () => {
  expect((await ask('POST', '/open/x', 'short')).text).toBe('short');
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(8)) });
  expect((await ask('POST', '/open/x', endless)).status).toBe(413);
  const told = await router.handle(
    new Request('http://house/open/x', { method: 'POST', body: 'x'.repeat(50), headers: { 'content-length': '50' } }),
    nobody,
  );
  expect(told.status).toBe(413);
});
