/** Who asks, as an app is told: an assertion for that app alone, the request's id and its trace. No cookie, no token. */
import { IdentityService } from '@steading/contracts/rpc/identity';
import type { GraphContext } from '@steading/graph';
import { type Caller, newRequestId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import type { ServiceContext } from '@steading/service';
import { LRUCache } from 'lru-cache';

export type ToldAsker = (appId: string, context: GraphContext) => Promise<Readonly<Record<string, string>>>;

const assertionHeader = 'steading-assertion';

/** An assertion lives for a minute; an app has at least this long to look at it. */
const reusedMs = 20_000;
const nameMs = 60_000;
const nameTimeoutMs = 2_000;

export type ToldAskerContext = Pick<ServiceContext, 'appAssertion' | 'house' | 'rpc' | 'catalogue' | 'log'>;

export function createToldAsker({ appAssertion, house, rpc, catalogue, log }: ToldAskerContext): ToldAsker {
  const issuer = house.publicUrl;
  const knowsPeople = catalogue.some(({ name }) => name === 'identity');
  const signed = new LRUCache<string, Promise<string>>({ max: 2_000, ttl: reusedMs });
  const names = new LRUCache<string, string>({ max: 2_000, ttl: nameMs });

  async function nameOf(id: string): Promise<string | undefined> {
    const known = names.get(id);
    if (known !== undefined || !knowsPeople) return known;
    const options = as(serviceCaller('gateway', newRequestId()), { timeoutMs: nameTimeoutMs });
    const { people } = await rpc.client(IdentityService).getPeople({ ids: [id] }, options);
    const name = people[0]?.name;
    if (name !== undefined) names.set(id, name);
    return name;
  }

  async function sign(appId: string, caller: Caller): Promise<string> {
    const { kind, principal } = caller;
    const id = principal.slice(principal.indexOf(':') + 1);
    if (kind === 'service-account') return appAssertion.signForApp({ appId, issuer, kind, id });
    if (kind !== 'user') return appAssertion.signForApp({ appId, issuer, kind: 'anonymous' });
    const name = await nameOf(id).catch((error: unknown) => {
      log.warn({ err: error }, 'an app is not told the name of who asks');
      return undefined;
    });
    return appAssertion.signForApp({ appId, issuer, kind, id, ...(name !== undefined && { name }) });
  }

  return async (appId, { caller, traceparent }) => {
    const key = `${appId} ${caller.kind} ${caller.principal}`;
    let assertion = signed.get(key);
    if (!assertion) {
      signed.set(key, (assertion = sign(appId, caller)));
      assertion.catch(() => signed.delete(key));
    }
    return {
      [assertionHeader]: await assertion,
      'x-request-id': caller.requestId,
      ...(traceparent !== undefined && { traceparent }),
    };
  };
}
