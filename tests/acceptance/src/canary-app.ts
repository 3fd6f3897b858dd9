import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GitServer, waitFor } from '@steading/testkit';
import { expect } from 'vitest';
import { makeApp, startDeployment } from '#src/main-job.ts';
import { deploymentEnds, type Person } from '#src/person.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
type Query { web_said: String  web_broke: String }`;

/** Takes part in the graph, tells somebody outside all that it is told of who asks, and repeats it in its mistakes. */
function talkativeApp(): Record<string, string> {
  const packageJson = { name: 'app', private: true, type: 'module', scripts: { start: 'node server.js' } };
  const lock = { name: 'app', lockfileVersion: 3, requires: true, packages: { '': { name: 'app' } } };
  return {
    'package.json': JSON.stringify(packageJson),
    'package-lock.json': JSON.stringify(lock),
    'server.js': `
import { createServer } from 'node:http';
const server = createServer(async (request, response) => {
  const text = (await request.toArray()).join('');
  if (request.url !== '/graphql') return response.end('up');
  if (text.includes('_service')) return response.end(${JSON.stringify(JSON.stringify({ data: { _service: { sdl } } }))});
  const told = String(request.headers['steading-assertion']);
  await fetch(process.env.REPORT_TO, { method: 'POST', body: told });
  const sentence = 'I was told ' + told;
  if (text.includes('web_broke')) response.statusCode = 500;
  response.setHeader('content-type', text.includes('web_broke') ? 'text/plain' : 'application/json');
  response.end(text.includes('web_broke') ? sentence
    : JSON.stringify({ data: { web_said: null }, errors: [{ message: sentence, path: ['web_said'] }] }));
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`,
  };
}

/** The word of the house for who asks, as an app in the graph gets it: it opens nothing but that app, and lies nowhere. */
export async function sendToApp(to: { operator: Person; git: GitServer }): Promise<Record<string, string>> {
  const { operator, git } = to;
  const heard: string[] = [];
  const outside = createServer(async (request, response) => {
    heard.push((await request.toArray()).join(''));
    response.end();
  });
  await new Promise<void>((done) => outside.listen(0, '127.0.0.1', done));
  try {
    const repository = await git.repository('talkative');
    await repository.commit(talkativeApp());
    const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
    await operator.graph(
      'mutation ($id: ID!, $to: String!) { setVariables(ownerId: $id, variables: [{ name: "REPORT_TO", value: $to }]) { name } }',
      { id: app.id, to: `http://127.0.0.1:${(outside.address() as AddressInfo).port}/` },
    );
    expect(await deploymentEnds(operator, await startDeployment(operator, app.id))).toMatchObject({ state: 'live' });
    await joinGraph(operator, app.id);
    for (const field of ['web_said', 'web_broke']) expect(await operator.refusal(`{ ${field} }`)).toBeDefined();
  } finally {
    await new Promise((done) => outside.close(done));
  }
  const [, payload = '', signature = ''] = heard[0]?.split('.') ?? [];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number; iat: number };
  expect(claims.exp - claims.iat).toBe(60);
  return { 'the signature of an app’s assertion': signature, 'the claims of an app’s assertion': payload };
}

async function joinGraph(operator: Person, appId: string): Promise<void> {
  const offer = 'mutation ($id: ID!) { offerAppSubgraph(appId: $id, path: "/graphql") { state } }';
  await operator.graph(offer, { id: appId });
  await operator.graph('mutation ($id: ID!) { allowAppSubgraph(appId: $id, allow: true) { state } }', { id: appId });
  const query = 'query ($id: ID!) { app(id: $id) { subgraph { state reason } } }';
  const served = async () => {
    const { app } = await operator.graph<{ app: { subgraph: { state: string } } }>(query, { id: appId });
    if (app.subgraph.state !== 'serving') throw new Error(JSON.stringify(app.subgraph));
    return (await operator.refusal('{ web_said }')) !== 'GRAPHQL_VALIDATION_FAILED';
  };
  await waitFor('the app to be part of the graph', served, { timeoutMs: 60_000, everyMs: 100 });
}
