/**
 * Who asks, from a cookie or a bearer token. The answers of identity are kept in memory until identity says that they
 * should be asked again, or until SessionEnded or TokenRevoked is heard: a check costs no query, and a revocation
 * holds in every process at once. What is heard while a question is under way wins over its answer.
 */
import { createHash, hash } from 'node:crypto';
import type { Bus, HouseEvent, Subscription } from '@steading/bus';
import { SessionEnded, TokenRevoked } from '@steading/contracts/identity-events';
import { IdentityService } from '@steading/contracts/rpc/identity';
import { anonymous, type Caller, type Clock, isAppError, kitErrors, serviceCaller } from '@steading/kit';
import { as, type RpcClients } from '@steading/rpc';
import { LRUCache } from 'lru-cache';
import { readCredential, sessionCookieName } from '#src/caller/credentials.ts';
import { fail } from '#src/errors.ts';

export interface Seen {
  readonly requestId: string;
  readonly address: string;
  readonly userAgent?: string;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

export interface Resolved {
  readonly caller: Caller;
  /**
   * A session cookie came that is no session: the answer takes it back. Not so while it has only just ended: its browser
   * may have been given a newer one meanwhile, which the answer would take.
   */
  readonly staleCookie: boolean;
  readonly hasCookie: boolean;
}

export interface SessionGuard {
  /**
   * Throws or rejects with `gateway.token-invalid` for a bearer that is none; a wrong cookie is nobody. A promise only
   * where identity must be asked.
   */
  resolve(seen: Seen): Resolved | Promise<Resolved>;
  /** The session's or token's next check is against a forest no older than this. */
  noteRevision(caller: Caller, revision: number): void;
  /**
   * Called with the id of a session or token that ended; without one when any may have ended: check all again. Gives
   * the way to be called no more.
   */
  onEnded(call: (id?: string) => void): () => void;
  start(): void;
  stop(): Promise<void>;
}

type Known = Pick<Caller, 'kind' | 'principal' | 'scopes' | 'session' | 'token'>;
interface Entry {
  readonly known: Known | undefined;
  readonly untilMs: number;
  /** It was a session or token, and no other is ever of that name. */
  readonly hasEnded?: true;
}

/** How long a wrong cookie or token is remembered as wrong, so that guessing costs identity little. */
const wrongMs = 2_000;
/** How long one that ended is remembered as ended: longer than an answer to who used it meanwhile may take. */
const endedMs = 60_000;
/** A token is asked for again at least this often. */
const tokenMs = 60_000;

export interface SessionGuardOptions {
  readonly rpc: RpcClients;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly house: { readonly publicUrl: string };
}

export function createSessionGuard(options: SessionGuardOptions): SessionGuard {
  const { rpc, bus, clock, house } = options;
  const cookieName = sessionCookieName(house.publicUrl);
  const entries = new LRUCache<string, Entry>({ max: 20_000 });
  const asking = new Map<string, Promise<Entry>>();
  const ended = new LRUCache<string, true>({ max: 20_000 });
  const revisions = new LRUCache<string, number>({ max: 20_000 });
  const calls = new Set<(id?: string) => void>();
  let epoch = 0;
  let subscription: Subscription | undefined;

  const over = (): Entry => ({ known: undefined, untilMs: clock.now() + endedMs, hasEnded: true });

  function forget(id: string): void {
    ended.set(id, true);
    for (const [key, entry] of entries.entries())
      if (entry.known?.session === id || entry.known?.token === id) entries.set(key, over());
    for (const call of calls) call(id);
  }

  function hear(event: HouseEvent): void {
    const data = event.data as { sessionId?: string; tokenId?: string };
    const id = data.sessionId ?? data.tokenId;
    if (id) forget(id);
  }

  function forgetAll(): void {
    epoch++;
    entries.clear();
    for (const call of calls) call();
  }

  function lookUp(key: string, ask: () => Promise<Entry>): Entry | Promise<Entry> {
    const entry = entries.get(key);
    if (entry && entry.untilMs > clock.now()) return entry;
    const before = asking.get(key);
    if (before) return before;
    const asked = askOnce(key, ask).finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  }

  async function askOnce(key: string, ask: () => Promise<Entry>): Promise<Entry> {
    const began = epoch;
    const entry = await ask();
    const id = entry.known?.session ?? entry.known?.token;
    if (id && ended.has(id)) return over();
    if (began === epoch) entries.set(key, entry);
    return entry;
  }

  return {
    resolve(seen) {
      const from = { address: seen.address, ...(seen.userAgent !== undefined && { userAgent: seen.userAgent }) };
      const credential = readCredential(seen.authorization, seen.cookie, cookieName);
      const nobody = anonymous(seen.requestId, from);
      const { session, ambiguous = false } = credential;
      const hasCookie = session !== undefined || ambiguous;
      const { bearer } = credential;
      if (bearer === 'malformed') throw fail('gateway.token-invalid');
      const entry = bearer
        ? lookUp(`t${digest(bearer.text)}`, () => askToken(rpc, clock, bearer, seen))
        : session !== undefined
          ? lookUp(`s${digest(session)}`, () => askSession(rpc, clock, session, seen))
          : undefined;
      const toCaller = (entry: Entry | undefined): Resolved => {
        const known = entry?.known;
        if (bearer && !known) throw fail('gateway.token-invalid');
        // Taking two back would leave the one that another site has set.
        if (!known) return { caller: nobody, staleCookie: session !== undefined && !entry?.hasEnded, hasCookie };
        const revision = revisions.get(known.session ?? known.token ?? '');
        return {
          caller: { ...known, requestId: seen.requestId, ...from, ...(revision !== undefined && { revision }) },
          staleCookie: false,
          hasCookie,
        };
      };
      return entry instanceof Promise ? entry.then(toCaller) : toCaller(entry);
    },
    noteRevision(caller, revision) {
      const id = caller.session ?? caller.token;
      if (id && revision > (revisions.get(id) ?? 0)) revisions.set(id, revision);
    },
    onEnded(call) {
      calls.add(call);
      return () => void calls.delete(call);
    },
    start() {
      subscription = bus.broadcast([SessionEnded, TokenRevoked], hear, forgetAll);
    },
    async stop() {
      await subscription?.stop();
    },
  };
}

async function askSession(rpc: RpcClients, clock: Clock, value: string, seen: Seen): Promise<Entry> {
  const token = createHash('sha256').update(value).digest();
  const found = await orNothing(
    rpc
      .client(IdentityService)
      .resolveSession(
        { tokenSha256: token, address: seen.address, userAgent: seen.userAgent ?? '' },
        as(serviceCaller('gateway', seen.requestId)),
      ),
  );
  if (!found) return { known: undefined, untilMs: clock.now() + wrongMs };
  return {
    known: { kind: 'user', principal: principalOf(found.userId), session: found.sessionId },
    untilMs: Math.min(Number(found.expiresMs), Number(found.refreshMs) || Number(found.expiresMs)),
  };
}

async function askToken(
  rpc: RpcClients,
  clock: Clock,
  bearer: { prefix: string; secret: string },
  seen: Seen,
): Promise<Entry> {
  const found = await orNothing(
    rpc.client(IdentityService).resolveToken(
      {
        prefix: bearer.prefix,
        secretSha256: createHash('sha256').update(bearer.secret).digest(),
        address: seen.address,
      },
      as(serviceCaller('gateway', seen.requestId)),
    ),
  );
  if (!found) return { known: undefined, untilMs: clock.now() + wrongMs };
  const kind = found.principal.startsWith('service-account:') ? 'service-account' : 'user';
  const soon = clock.now() + tokenMs;
  return {
    known: {
      kind,
      principal: found.principal,
      token: found.tokenId,
      ...(found.scopes.length > 0 && { scopes: found.scopes }),
    },
    untilMs: found.expiresMs > 0n ? Math.min(Number(found.expiresMs), soon) : soon,
  };
}

/** Identity's ways of saying that there is no such session or token. */
const nobodyStatuses = new Set([400, 401, 404]);

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isAppError(error) && nobodyStatuses.has(error.status)) return undefined;
    throw kitErrors('unavailable', { what: 'Sign-in' }, error);
  }
}

function principalOf(userId: string): string {
  return userId.startsWith('user:') ? userId : `user:${userId}`;
}

function digest(text: string): string {
  return hash('sha256', text, 'base64');
}
