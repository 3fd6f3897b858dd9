/** Repositories on servers whose certificates are of authorities that no machine knows by itself. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitServer } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { makeAuthority, type TestAuthority } from '#src/certificates.ts';
import { makeFolder } from '#src/command.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, type Shape, shapes, startShape } from '#src/shapes.ts';

describe.each(byLength<readonly Shape[]>({ quick: ['one process'], long: shapes }))('%s', (shape) => {
  const folder = makeFolder('private-authority');
  const file = join(folder, 'authorities.pem');
  const servers: GitServer[] = [];
  const authorities: TestAuthority[] = [];
  const apps: MadeApp[] = [];
  let house: RunningShape;
  let operator: Person;

  async function serverOf(authority: TestAuthority, name: string): Promise<string> {
    const server = await startGitServer({ tls: await authority.issue([name]) });
    servers.push(server);
    const repository = await server.repository('garden');
    // Its build asks the first server, and fails where it does not trust it.
    const build = `node -e "fetch('${servers[0]!.url}').then(() => console.log('The build trusts it.'))"`;
    await repository.commit({
      ...serverApp(`from server ${servers.length}`),
      'package.json': JSON.stringify({ name: 'app', type: 'module', scripts: { build, start: 'node server.js' } }),
    });
    return repository.url;
  }

  beforeAll(async () => {
    authorities.push(await makeAuthority('One'), await makeAuthority('Two'), await makeAuthority('Nobody’s'));
    const [one, two, nobodys] = authorities as [TestAuthority, TestAuthority, TestAuthority];
    writeFileSync(file, nobodys.pem);
    house = await startShape(shape, { STEADING_EXTRA_CA_CERTS: file, STEADING_ALLOW_INSECURE_SOURCES: 'false' });
    operator = await claimHouse(house.url, house.setupToken);
    for (const [authority, name] of [
      [one, 'localhost'],
      [two, 'localhost'],
      [one, 'elsewhere.example'],
    ] as const)
      apps.push(await makeApp(operator, await serverOf(authority, name), { runtime: { drainSeconds: 1 } }));
  }, 60_000);
  afterAll(async () => {
    await house?.stop();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const deploy = async (app: MadeApp) => deploymentEnds(operator, await startDeployment(operator, app.id));

  test('without its authority a server is refused, and it is said what an operator can do', async () => {
    expect(await deploy(apps[0]!)).toMatchObject({
      ...{ state: 'failed', reasonCode: 'certificate' },
      reason: expect.stringMatching(/^The certificate of localhost is not trusted.*STEADING_EXTRA_CA_CERTS\.$/),
    });
    const asked = 'query ($space: ID!, $url: String!) { inspectSource(spaceId: $space, url: $url) { ok problem } }';
    const url = `${servers[0]!.url}/garden.git`;
    const looked = await operator.graph<{ inspectSource: unknown }>(asked, { space: apps[0]!.spaceId, url });
    expect(looked.inspectSource).toEqual({ ok: false, problem: expect.stringContaining('STEADING_EXTRA_CA_CERTS') });
  });

  test('with both authorities in the file, what lies on both servers is live', async () => {
    writeFileSync(file, authorities.map(({ pem }) => pem).join('\n'));
    await house.end();
    await house.start();
    for (const [index, app] of apps.slice(0, 2).entries()) {
      expect(await deploy(app)).toMatchObject({ state: 'live' });
      expect(await visit(house, app.host)).toEqual({ status: 200, text: `from server ${index + 1}` });
    }
  }, 120_000);

  test('a certificate of a trusted authority for another name is still refused', async () => {
    expect(await deploy(apps[2]!)).toMatchObject({
      ...{ state: 'failed', reasonCode: 'certificate-name' },
      reason: expect.stringMatching(/^The certificate of localhost is for another name\./),
    });
  });
});
