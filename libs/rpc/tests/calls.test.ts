import { setTimeout as delay } from 'node:timers/promises';
import { type FollowResponse, LiveService } from '@steading/contracts/rpc/live';
import { type AppError, type Caller, defineErrors, kitErrors } from '@steading/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { as, callerOf } from '#src/caller-context.ts';
import { implement } from '#src/rpc.ts';
import { ada, inMemory, type MakePair, overHttp2, type Pair } from './house-pair.ts';

const fail = defineErrors({ 'deploy.name-taken': { status: 409, text: 'Choose another name: {name} is taken.' } });

describe.each<[string, MakePair]>([
  ['in memory', inMemory],
  ['over HTTP/2', overHttp2],
])('calls between services, %s', (_, make) => {
  let pair: Pair | undefined;
  let seen: { caller?: Caller; aborted?: boolean; started: number };
  afterEach(async () => {
    await pair?.stop();
    pair = undefined;
  });

  const service = (node = 'app_1') =>
    implement(LiveService, {
      async locate(request, context) {
        seen.started++;
        seen.caller = callerOf(context);
        if (request.topic === 'taken') throw fail('deploy.name-taken', { name: 'hall', tries: 2 });
        if (request.topic === 'bug') throw new Error('the password is hunter2');
        if (request.topic === 'slow') await untilAborted(context.signal);
        request.id = 'changed by the method';
        return { nodeId: node };
      },
      async *follow(request, context) {
        seen.started++;
        seen.caller = callerOf(context);
        try {
          for (let position = request.after; ; position++) {
            if (request.topic === 'three' && position === 3n) return;
            if (request.topic === 'taken' && position === 2n) throw fail('deploy.name-taken', { name: 'hall' });
            if (request.topic === 'endless' && position === 1n) await untilAborted(context.signal);
            yield { position, json: '{}' };
          }
        } finally {
          seen.aborted = context.signal.aborted;
        }
      },
    });
  const start = async () => {
    seen = { started: 0 };
    pair = await make({ deploy: [service()], compute: [service('machine_1')] });
    return pair.clients.client(LiveService);
  };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  it('answers a call, and the method knows who asks', async () => {
    const live = await start();
    const answer = await live.locate({ topic: 'app', id: 'app_1' }, as(ada));
    expect(answer.nodeId).toBe('app_1');
    expect(seen.caller).toEqual(ada);
  });

  it('asks the service that is named where several offer the contract', async () => {
    await start();
    const answer = await pair!.clients.client(LiveService, 'compute').locate({ topic: 'app', id: '1' }, as(ada));
    expect(answer.nodeId).toBe('machine_1');
  });

  it('refuses a call without its caller', async () => {
    const live = await start();
    await expect(live.locate({ topic: 'app', id: 'app_1' })).rejects.toThrow(/without as\(caller\)/);
    expect(seen.started).toBe(0);
  });

  it('keeps each side from changing the messages of the other', async () => {
    const live = await start();
    const request = { topic: 'app', id: 'app_1' };
    await live.locate(request, as(ada));
    expect(request.id).toBe('app_1');
  });

  it('brings a catalogue error as it was raised', async () => {
    const live = await start();
    const error = await live.locate({ topic: 'taken', id: '1' }, as(ada)).catch((caught: AppError) => caught);
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'deploy.name-taken',
      status: 409,
      message: 'Choose another name: hall is taken.',
      details: { name: 'hall', tries: 2 },
    });
  });

  it('hides what is no catalogue error', async () => {
    const live = await start();
    const error = (await live.locate({ topic: 'bug', id: '1' }, as(ada)).catch((caught) => caught)) as AppError;
    expect(error.code).toBe('internal');
    expect(error.message).not.toContain('hunter2');
  });

  it('gives up at the deadline, and the method hears of it', async () => {
    const live = await start();
    await expect(live.locate({ topic: 'slow', id: '1' }, as(ada, { timeoutMs: 60 }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
  });

  it('is cancelled by the signal of the asker', async () => {
    const live = await start();
    const going = new AbortController();
    const call = live.locate({ topic: 'slow', id: '1' }, as(ada, { signal: going.signal }));
    const ended = expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await eventually(() => seen.started === 1);
    going.abort();
    await ended;
  });

  it('streams until the method is done', async () => {
    const live = await start();
    const got: FollowResponse[] = [];
    for await (const item of live.follow({ topic: 'three', id: '1' }, as(ada))) got.push(item);
    expect(got.map((item) => item.position)).toEqual([0n, 1n, 2n]);
    expect(seen.caller).toEqual(ada);
  });

  it('brings an error from the middle of a stream', async () => {
    const live = await start();
    const got: bigint[] = [];
    const read = async () => {
      for await (const item of live.follow({ topic: 'taken', id: '1' }, as(ada))) got.push(item.position);
    };
    await expect(read()).rejects.toMatchObject({ code: 'deploy.name-taken', details: { name: 'hall' } });
    expect(got).toEqual([0n, 1n]);
  });

  it('ends a stream when the asker goes, and the method hears of it', async () => {
    const live = await start();
    const going = new AbortController();
    const read = async () => {
      for await (const _item of live.follow({ topic: 'endless', id: '1' }, as(ada, { signal: going.signal })))
        going.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'cancelled' });
    await eventually(() => seen.aborted === true);
  });

  it('ends the method of a stream that the asker stops reading', async () => {
    const live = await start();
    for await (const _item of live.follow({ topic: 'endless', id: '1' }, as(ada))) break;
    await eventually(() => seen.aborted === true);
  });
});

describe('a service that cannot be reached', () => {
  it('is said to be unavailable after a few tries', async () => {
    const pair = await overHttp2({ deploy: [] });
    await pair.stop();
    const call = pair.clients.client(LiveService).locate({ topic: 'app', id: '1' }, as(ada));
    await expect(call).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    await pair.stop().catch(() => {});
  });

  it('is said to be unavailable where nobody knows its address', async () => {
    const pair = await inMemory({});
    const call = pair.clients.client(LiveService).locate({ topic: 'app', id: '1' }, as(ada));
    await expect(call).rejects.toMatchObject({ code: kitErrors('unavailable').code });
  });
});

async function eventually(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await delay(5)) if (holds()) return;
  throw new Error('it did not come true within 5 s');
}
