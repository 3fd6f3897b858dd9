/** A secret of every kind that a house is given, each sent in the way that it is meant for, and used. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitSshServer, waitFor } from '@steading/testkit';
import { expect } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { sendToApp } from '#src/canary-app.ts';
import { type OutsideServers, outsidePassword, outsideSecret } from '#src/canary-servers.ts';
import { makeToken } from '#src/garden.ts';
import type { OpenHouse } from '#src/house-under-test.ts';
import { makeApp, startDeployment } from '#src/main-job.ts';
import { createPerson, deploymentEnds, type Person, password } from '#src/person.ts';
import { openSubscription } from '#src/subscription.ts';

const metricsToken = 'canary-metrics-token-6626070150';
const bucketSecret = 'canary-bucket-secret-1380649000';

/** What an operator writes into the environment: it must go no further than the house's own processes. */
export function canaryEnvironment(outside: OutsideServers): Record<string, string> {
  return {
    STEADING_SMTP_URL: outside.smtpUrl,
    STEADING_OIDC: JSON.stringify([
      { id: 'outside', name: 'Outside', issuer: outside.issuer, clientId: 'steading', clientSecret: outsideSecret },
    ]),
    STEADING_METRICS_TOKEN: metricsToken,
    STEADING_BACKUP_S3_ENDPOINT: 'http://127.0.0.1:1',
    STEADING_BACKUP_S3_ACCESS_KEY_ID: 'canary-key-id',
    STEADING_BACKUP_S3_SECRET_ACCESS_KEY: bucketSecret,
  };
}

interface CanaryHouse {
  readonly house: Pick<OpenHouse, 'url' | 'dataDir'>;
  readonly git: GitServer;
  readonly operator: Person;
  readonly outside: OutsideServers;
}

/** What is known before it is sent, so that whoever looks meanwhile knows what to look for. */
const chosen = {
  'the Git token': 'canary-git-token-2718281828',
  'a variable': 'canary-variable-3141592653',
  'the password': password,
  'a wrong password': 'canary-wrong-password-1618',
  'a code of the sign-in provider': 'canary-code-1602176634',
  'the secret of the sign-in provider': outsideSecret,
  'the password of the mail server': outsidePassword,
  'the metrics token': metricsToken,
  'the secret key of the back-ups’ bucket': bucketSecret,
  'a private key': 'PRIVATE KEY',
};

/** Sends them all in, and puts them by their names into `secrets`. */
export async function sendCanaries(to: CanaryHouse, secrets: Map<string, string>): Promise<void> {
  const keep = (some: Readonly<Record<string, string>>) => {
    for (const [name, secret] of Object.entries(some)) secrets.set(name, secret);
  };
  keep(chosen);
  keep({ 'the session cookie': to.operator.cookie().split('=')[1]! });
  await sendWithApp(to);
  keep(await sendDeployKey(to));
  keep(await makeSignIns(to));
  keep(await sendByMail(to));
  keep(await sendByProvider(to));
  keep(await sendToApp(to));
}

/** A Git token and a secret variable, which the app prints. */
async function sendWithApp({ house, git, operator }: CanaryHouse): Promise<void> {
  const { 'the Git token': gitToken, 'a variable': value } = chosen;
  const guarded = await git.repository('guarded', { token: gitToken });
  const files = serverApp('guarded');
  await guarded.commit({ ...files, 'server.js': `console.log('key', process.env.KEY);${files['server.js']}` });
  const app = await makeApp(operator, guarded.url, { runtime: { drainSeconds: 1 } });
  await operator.graph('mutation ($id: ID!, $i: UpdateAppInput!) { updateApp(id: $id, input: $i) { id } }', {
    id: app.id,
    i: { source: { token: gitToken } },
  });
  await operator.graph(
    'mutation ($id: ID!, $v: String!) { setVariables(ownerId: $id, variables: [{ name: "KEY", value: $v, secret: true }]) { name } }',
    { id: app.id, v: value },
  );
  expect(await deploymentEnds(operator, await startDeployment(operator, app.id))).toMatchObject({ state: 'live' });
  await waitFor('the app’s log', async () => {
    const query = 'subscription ($app: ID!) { appLog(appId: $app, follow: false) { lines { text } } }';
    const said = await openSubscription(
      house.url,
      { query, variables: { app: app.id } },
      { origin: house.url, cookie: operator.cookie() },
    );
    await said.ended;
    const text = said.text();
    expect(text).not.toContain(value);
    return text.includes('key ');
  });
}

/** The private half of a deploy key leaves its seal only while Git reads: it is caught there, in use. */
async function sendDeployKey({ house, git, operator }: CanaryHouse): Promise<Record<string, string>> {
  const repository = await git.repository('by-key');
  await repository.commit(serverApp('by-key'));
  let publicKey = '';
  const caught = new Set<string>();
  const server = await startGitSshServer({
    folder: git.folder,
    accepted: () => publicKey,
    onRead: () => {
      for (const key of keysInUse(house.dataDir)) caught.add(key);
    },
  });
  try {
    const url = `ssh://git@127.0.0.1:${server.port}/by-key.git`;
    const app = await makeApp(operator, url, { runtime: { drainSeconds: 1 } });
    const update = 'mutation ($id: ID!) { updateApp(id: $id, input: { source: { withDeployKey: true } }) { id } }';
    await operator.graph(update, { id: app.id });
    const query = 'query ($id: ID!) { app(id: $id) { source { deployKey } } }';
    const answer = await operator.graph<{ app: { source: { deployKey: string } } }>(query, { id: app.id });
    publicKey = answer.app.source.deployKey;
    expect(await deploymentEnds(operator, await startDeployment(operator, app.id))).toMatchObject({ state: 'live' });
  } finally {
    await server.stop();
  }
  const lines = [...caught][0]?.trim().split('\n').slice(1, -1) ?? [];
  const bytes = Buffer.from(lines.join(''), 'base64');
  expect(bytes.subarray(0, 14).toString()).toBe('openssh-key-v1');
  const at = bytes.indexOf(Buffer.from(publicKey.split(' ')[1]!, 'base64').subarray(-32), 140);
  const seed = bytes.subarray(at + 36, at + 68);
  expect(seed).toHaveLength(32);
  return { 'a line of the deploy key': lines[3]!, 'the seed of the deploy key': seed.toString('hex') };
}

function keysInUse(dataDir: string): string[] {
  return readdirSync(join(dataDir, 'deploy'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'key')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

async function makeSignIns({ house, operator }: CanaryHouse): Promise<Record<string, string>> {
  const personal = await makeToken(operator, []);
  const told = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    body: '{"query":"{ viewer { person { id } } }"}',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${personal.value}` },
  });
  expect(told.status).toBe(200);
  const second = createPerson(house.url);
  await second.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password: chosen['a wrong password'] });
  const device = await second.rest('POST', '/auth/device/start', { name: 'A command' });
  return {
    'a personal token': personal.value.split('_').slice(2).join('_'),
    'a device code': String(device.body.deviceCode),
  };
}

/** What the house mails: the tokens of its links, and with them its own password at the mail server. */
async function sendByMail({ house, operator, outside }: CanaryHouse): Promise<Record<string, string>> {
  await operator.graph('mutation { inviteToRegister(email: "mia@example.org") { id } }');
  await createPerson(house.url).rest('POST', '/auth/forgot', { email: 'olive@example.org' });
  const tokenOf = (kind: string) =>
    waitFor(`the mail of ${kind}`, () => new RegExp(`${kind}#([\\w-]{43})`).exec(outside.mails().join('\n'))?.[1]);
  const found = { 'an invitation': await tokenOf('register'), 'a reset': await tokenOf('reset') };
  expect(outside.passwords()).toContain(outsidePassword);
  const opened = await createPerson(house.url).rest('POST', '/auth/invitation', { token: found['an invitation'] });
  expect(opened.status).toBe(200);
  return found;
}

/** A provider that refuses, and repeats all that it was told while it does. */
async function sendByProvider({ house, outside }: CanaryHouse): Promise<Record<string, string>> {
  const code = chosen['a code of the sign-in provider'];
  const begun = await fetch(`${house.url}/auth/oidc/outside/start`, { redirect: 'manual' });
  const to = new URL(begun.headers.get('location') ?? '', house.url);
  const state = to.searchParams.get('state') ?? '';
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const back = `/auth/oidc/outside/callback?${new URLSearchParams({ code, state, iss: outside.issuer })}`;
  const ended = await fetch(`${house.url}${back}`, { redirect: 'manual', headers: { cookie } });
  expect(ended.headers.get('location')).toBe('/sign-in?error=identity.provider-refused');
  expect(outside.clientSecrets()).toContain(outsideSecret);
  return {
    'the state of a sign-in': state,
    'the cookie of a sign-in': cookie.split('=')[1]!,
  };
}
