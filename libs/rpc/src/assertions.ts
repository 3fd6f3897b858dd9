import { type Caller, type Clock, kitErrors } from '@steading/kit';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { type AssertionKey, type AssertionKeys, assertionKeysIn, newAssertionKey } from '#src/assertion-keys.ts';

/** Says, between processes, who asks: a JWT (RFC 7519) signed with Ed25519, good for 60 seconds. */
export interface Assertion {
  sign(caller: Caller): Promise<string>;
  /** The caller; throws `unauthenticated` for anything that this house did not sign within the last minute. */
  verify(text: string): Promise<Caller>;
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
/** Clocks of two machines may differ by this much. */
const toleranceSeconds = 10;
const kinds = ['anonymous', 'user', 'service-account', 'edge', 'service'];

export function createAssertions(options: AssertionOptions): Assertion {
  const { clock } = options;
  const keys = options.keys ?? (options.keyDir ? assertionKeysIn(options.keyDir, clock.now) : inMemory(clock));
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

  async function verify(text: string): Promise<Caller> {
    try {
      const { payload } = await jwtVerify(text, async ({ kid }) => (await keyOf(kid)).publicKey, {
        algorithms: ['EdDSA'],
        issuer: 'steading',
        audience: 'steading-house',
        currentDate: new Date(clock.now()),
        clockTolerance: toleranceSeconds,
        maxTokenAge: lifeSeconds,
      });
      return checked(payload.caller);
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

  return { sign, verify };
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
