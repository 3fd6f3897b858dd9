import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploymentEnds, type MadeApp, makeApp, type Person, serverApp } from '@steading/acceptance';
import { request } from 'undici';
import { expect } from 'vitest';
import { runProgram } from '#src/docker.ts';

/** Gives an app that is live and answers. */
export async function deployHello(operator: Person): Promise<MadeApp> {
  const app = await makeApp(operator, undefined, { runtime: { drainSeconds: 1 } });
  const ended = await deploymentEnds(operator, await sendArchive(operator, app.id, serverApp('hello')));
  expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
  expect(await read(operator.url, app.host)).toContain('hello');
  return app;
}

/** Sends a version of an app as an archive; gives the id of its deployment. */
export async function sendArchive(
  operator: Person,
  appId: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const { url } = operator;
  const sent = await fetch(`${url}/api/deploy/archive?app=${appId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/gzip', origin: url, cookie: operator.cookie() },
    body: await archiveOf(files),
  });
  return ((await sent.json()) as { deploymentId: string }).deploymentId;
}

/** What an app answers. */
export async function read(url: string, host: string, path = '/'): Promise<string> {
  const answer = await request(`${url}${path}`, { headers: { host } });
  return answer.body.text();
}

async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer<ArrayBuffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'steading-site-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await runProgram(['tar', '-czf', join(folder, 'site.tar.gz'), '-C', folder, ...Object.keys(files)]);
    return readFileSync(join(folder, 'site.tar.gz'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
