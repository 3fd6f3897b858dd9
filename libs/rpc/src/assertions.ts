import { type Caller, type Clock, kitErrors } from '@steading/kit';
import { exportJWK, type JWK, errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { type AssertionKey, type AssertionKeys, assertionKeysIn, newAssertionKey } from '#src/assertion-keys.ts';

/** Says, between processes, who asks: a JWT (RFC 7519) signed with Ed25519, good for 60 seconds. */
export interface Assertion {
  sign(caller: Caller): Promise<string>;
  /** The caller; throws `unauthenticated` for anything that this house did not sign within the last minute. */
  verify(text: string): Promise<Caller>;
  /** The same for an app: good for 60 seconds and for that app alone, and for nothing inside the house. */
  signForApp(asker: AppAsker): Promise<string>;
  /** By which apps check it: a JSON Web Key Set (RFC 7517) of the public halves, the newest first. */
  publicKeys(): Promise<{ readonly keys: readonly JWK[] }>;
}

/** Who asks an app, as far as the app is told. */
export interface AppAsker {
  /** The audience. */
  readonly appId: string;
  /** The house's address. */
  readonly issuer: string;
  readonly kind: 'user' | 'service-account' | 'anonymous';
  /** Absent for somebody who is not signed in. */
  readonly id?: string;
  readonly name?: string;
}

export interface AssertionOptions {
  /** The folder of the house's keys, shared by its processes. Absent: one key in memory. */
  readonly keyDir?: string;
  readonly keys?: AssertionKeys;
  readonly clock: Clock;
}

const lifeSeconds = 60;
/** A caller makes many calls within one request: its assertion is signed once and used for this long. */
const reusedMs = 20_000;
/** How many are kept: of each caller one, for some seconds. */
const maxVerified = 1_000;
/** Clocks of two machines may differ by this much. */
const toleranceSeconds = 10;
/** What an app is given says so in its header. */
const appType = 'steading-app+jwt';
const kinds = ['anonymous', 'user', 'service-account', 'edge', 'service'];

interface Verified {
  readonly caller: Caller;
  readonly untilMs: number;
}

export function createAssertions(options: AssertionOptions): Assertion {
  const { clock } = options;
  const keys = options.keys ?? (options.keyDir ? assertionKeysIn(options.keyDir, clock.now) : inMemory(clock));
  const verified = new Map<string, Verified>();
  const signed = new WeakMap<Caller, { text: string; untilMs: number }>();

  async function sign(caller: Caller): Promise<string> {
    const now = clock.now();
    const earlier = signed.get(caller);
    if (earlier && earlier.untilMs > now) return earlier.text;
    const key = (await keys.all())[0]!;
    const text = await new SignJWT({ caller })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.id })
      .setIssuer('steading')
      .setAudience('steading-house')
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(Math.floor(now / 1000) + lifeSeconds)
      .sign(key.privateKey);
    signed.set(caller, { text, untilMs: now + reusedMs });
    return text;
  }

  async function signForApp({ appId, issuer, kind, id, name }: AppAsker): Promise<string> {
    const nowSeconds = Math.floor(clock.now() / 1000);
    const key = (await keys.all())[0]!;
    const claims = new SignJWT({ kind, ...(name !== undefined && { name }) })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: appType })
      .setIssuer(issuer)
      .setAudience(appId)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifeSeconds);
    return (id === undefined ? claims : claims.setSubject(id)).sign(key.privateKey);
  }

  async function publicKeys() {
    const all = await keys.all();
    return {
      keys: await Promise.all(
        all.map(async ({ id, publicKey }) => ({ ...(await exportJWK(publicKey)), kid: id, alg: 'EdDSA', use: 'sig' })),
      ),
    };
  }

  /** A caller is verified once, however many calls one request makes. */
  async function verify(text: string): Promise<Caller> {
    const now = clock.now();
    const known = verified.get(text);
    if (known && now < known.untilMs) return known.caller;
    const { caller, expiresMs } = await verifyAnew(text);
    if (verified.size >= maxVerified) verified.clear();
    verified.set(text, { caller, untilMs: Math.min(now + reusedMs, expiresMs) });
    return caller;
  }

  async function verifyAnew(text: string): Promise<{ caller: Caller; expiresMs: number }> {
    try {
      const { payload } = await jwtVerify(text, async ({ kid }) => (await keyOf(kid)).publicKey, {
        algorithms: ['EdDSA'],
        issuer: 'steading',
        audience: 'steading-house',
        currentDate: new Date(clock.now()),
        clockTolerance: toleranceSeconds,
        maxTokenAge: lifeSeconds,
      });
      return { caller: Object.freeze(checked(payload.caller)), expiresMs: (payload.exp ?? 0) * 1000 };
    } catch (error) {
      throw kitErrors('unauthenticated', {}, error);
    }
  }

  async function keyOf(id: string | undefined): Promise<AssertionKey> {
    const known = (await keys.all()).find((key) => key.id === id);
    // Another process may have made a new key meanwhile.
    const found = known ?? (await keys.all(true)).find((key) => key.id === id);
    if (!found) throw new joseErrors.JWKSNoMatchingKey();
    return found;
  }

  return { sign, verify, signForApp, publicKeys };
}

function checked(value: unknown): Caller {
  const caller = value as Partial<Caller> | undefined;
  if (
    typeof caller?.principal !== 'string' ||
    typeof caller.requestId !== 'string' ||
    !kinds.includes(caller.kind ?? '')
  )
    throw new Error('the assertion holds no caller');
  return caller as Caller;
}

function inMemory(clock: Clock): AssertionKeys {
  let made: Promise<AssertionKey> | undefined;
  return { all: async () => [await (made ??= newAssertionKey(clock.now()))] };
}
