import type { Clock, Timer } from '@steading/kit';
import type { FastifyRequest } from 'fastify';
import type { SessionGuard } from '#src/caller/session-guard.ts';

/** How often it is asked again whether the session still stands, beside hearing that it ended. */
const recheckMs = 60_000;

export interface WatchedCaller {
  readonly guard: SessionGuard;
  readonly clock: Clock;
  readonly request: FastifyRequest;
  readonly call: () => void;
}

/** Calls once when the session or token of an open answer has ended. Gives the way to stop watching. */
export function watchCaller({ guard, clock, request, call }: WatchedCaller): () => void {
  const { caller } = request;
  const id = caller.session ?? caller.token;
  let timer: Timer | undefined;
  let isOver = false;

  function stop(): void {
    isOver = true;
    timer?.cancel();
    forget();
  }

  function end(): void {
    if (isOver) return;
    stop();
    call();
  }

  async function check(): Promise<void> {
    timer?.cancel();
    const { cookie, authorization } = request.headers;
    const seen = { requestId: request.id, address: caller.address ?? '', cookie, authorization };
    const resolve = async () => guard.resolve(seen);
    const now = await resolve().catch(() => undefined);
    if ((now?.caller.session ?? now?.caller.token) !== id) return end();
    if (!isOver) timer = clock.after(recheckMs, () => void check());
  }

  const forget = guard.onEnded((ended) => {
    if (ended === undefined) void check();
    else if (ended === id) end();
  });
  void check();
  return stop;
}
