import { setTimeout as delay } from 'node:timers/promises';
import { Code, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { LiveService } from '@steading/contracts/rpc/live';
import { type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAssertions } from '#src/assertions.ts';
import { callerOf } from '#src/caller-context.ts';
import { createRpc, type Rpc } from '#src/create-rpc.ts';
import { createInternalDoor, type InternalDoor } from '#src/internal-door.ts';
import { implement } from '#src/rpc.ts';
import { ada, offers } from './house-pair.ts';

describe('the internal door', () => {
  const assertion = createAssertions({ clock: systemClock });
  let door: InternalDoor;
  let asker: Rpc;
  let http: (request: Request, caller: Caller) => Promise<Response>;
  let follow: () => AsyncGenerator<Record<string, never>>;
  let logged = '';
  const log = createLog({ level: 'warn', destination: { write: (line) => void (logged += line) } });

  beforeEach(async () => {
    http = async () => new Response('nothing here', { status: 404 });
    follow = async function* () {};
    logged = '';
    const rpc = createRpc({ log, clock: systemClock, offers });
    const live = implement(LiveService, {
      locate(request, context) {
        if (request.topic === 'none') throw kitErrors('not-found', { kind: 'topic' });
        return { nodeId: callerOf(context).principal };
      },
      follow: () => follow(),
    });
    rpc.register('deploy', [live]);
    door = await createInternalDoor({
      rpc,
      port: 0,
      log,
      verify: assertion.verify,
      http: (...given) => http(...given),
    });
    asker = createRpc({ log, clock: systemClock, offers, assertion });
  });
  const signed = (options: { baseUrl: string; sessionManager?: Http2SessionManager }) =>
    createGrpcTransport({
      ...options,
      interceptors: [
        (next) => async (request) => {
          request.header.set('steading-caller', await assertion.sign(ada));
          return next(request);
        },
      ],
    });
  afterEach(async () => {
    await asker.stop();
    await door.stop(AbortSignal.timeout(500));
  });

  it('hands on requests as they were sent, and their answers', async () => {
    http = async (request, caller) => {
      const answer = new Response(`${request.method} ${request.url} ${await request.text()} ${caller.principal}`, {
        status: 201,
        headers: { 'x-kind': request.headers.get('x-kind') ?? '' },
      });
      answer.headers.append('set-cookie', 'a=1; Path=/');
      answer.headers.append('set-cookie', 'b=2; Path=/');
      return answer;
    };
    const request = new Request('https://house.example.org/auth/x?y=1', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-kind': 'test', connection: 'keep-alive', 'steading-caller': 'forged' },
    });
    const answer = await asker.fetch(door.url, request, ada);
    expect(answer.status).toBe(201);
    expect(await answer.text()).toBe('POST https://house.example.org/auth/x?y=1 hello user:usr_ada');
    expect(answer.headers.get('x-kind')).toBe('test');
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/']);
  });

  it('passes streams on piece by piece, and tells the answering side when the asker goes', async () => {
    let gone = false;
    http = async (request) => {
      request.signal.addEventListener('abort', () => {
        gone = true;
      });
      return new Response(
        new ReadableStream({
          start: (stream) => stream.enqueue(new TextEncoder().encode('data: 1\n\n')),
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      );
    };
    const going = new AbortController();
    const answer = await asker.fetch(door.url, new Request('http://x/log', { signal: going.signal }), ada);
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n');
    going.abort();
    await expect(reader.read()).rejects.toThrow();
    for (const end = Date.now() + 5000; !gone && Date.now() < end; ) await delay(5);
    expect(gone).toBe(true);
  });

  it('has nothing to tell of when an asker is killed while it is being answered', async () => {
    let ended = false;
    follow = async function* () {
      try {
        for (;;) yield {};
      } finally {
        ended = true;
      }
    };
    const sessionManager = new Http2SessionManager(door.url);
    const live = createClient(LiveService, signed({ baseUrl: door.url, sessionManager }));
    const heard = (async () => {
      let count = 0;
      for await (const _ of live.follow({ topic: 'app', id: '1' })) if (++count === 20) sessionManager.abort();
    })();
    await expect(heard).rejects.toThrow();
    for (const end = Date.now() + 5000; !ended && Date.now() < end; ) await delay(5);
    expect([ended, logged]).toEqual([true, '']);
  });

  it('takes no path from outside for an RPC', async () => {
    http = async (request) => new Response(new URL(request.url).pathname, { status: 404 });
    const path = '/steading.live.v1.LiveService/Locate';
    const answer = await asker.fetch(door.url, new Request(`http://x${path}`, { method: 'POST', body: '{}' }), ada);
    expect([answer.status, await answer.text()]).toEqual([404, path]);
  });

  it('speaks gRPC to clients that are no part of the house, with error codes that they know', async () => {
    const live = createClient(LiveService, signed({ baseUrl: door.url }));
    expect((await live.locate({ topic: 'app', id: '1' })).nodeId).toBe('user:usr_ada');
    await expect(live.locate({ topic: 'none', id: '1' })).rejects.toMatchObject({ code: Code.NotFound });
  });

  it('refuses whoever has no valid assertion', async () => {
    let asked = false;
    http = async () => {
      asked = true;
      return new Response();
    };
    const stranger = createAssertions({ clock: systemClock });
    const outside = createRpc({
      log,
      clock: systemClock,
      offers,
      peers: new Map([['deploy', door.url]]),
      assertion: stranger,
    });
    const call = outside.fetch(door.url, new Request('http://x/'), ada);
    expect((await call).status).toBe(401);
    const live = createClient(LiveService, createGrpcTransport({ baseUrl: door.url }));
    await expect(live.locate({ topic: 'app', id: '1' })).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect(asked).toBe(false);
    await outside.stop();
  });

  it('finishes what is open before it stops', async () => {
    let answerNow = () => {};
    const waiting = new Promise<void>((resolve) => {
      answerNow = resolve;
    });
    let begun = false;
    http = async () => {
      begun = true;
      await waiting;
      return new Response('finished');
    };
    const call = asker.fetch(door.url, new Request('http://x/slow'), ada);
    for (const end = Date.now() + 5000; !begun && Date.now() < end; ) await delay(5);
    const stopped = door.stop();
    answerNow();
    expect(await (await call).text()).toBe('finished');
    await asker.stop();
    await stopped;
  });
});
