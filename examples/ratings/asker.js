// Who asks, as the house says it: a short-lived assertion, signed for this app alone.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { STEADING_URL: house, STEADING_APP_ID: appId } = process.env;
const keys = house && createRemoteJWKSet(new URL('/.well-known/steading-app-keys.json', house));

/**
 * `{ kind, sub, name }` of whoever asks; undefined where nobody vouches for the request, as for everything that comes in
 * by the app's own address without passing through the house's graph.
 */
export async function askerOf(request) {
  const assertion = request.headers['steading-assertion'];
  if (!keys || typeof assertion !== 'string') return undefined;
  try {
    const { payload } = await jwtVerify(assertion, keys, { issuer: house, audience: appId, typ: 'steading-app+jwt' });
    return payload;
  } catch (error) {
    console.log(`an assertion was refused: ${error.message}`);
    return undefined;
  }
}
