import { resolve } from 'node:path';
import { type Api, createApi } from '#src/api.ts';
import { exitCodes, Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';
import { packFolder } from '#src/remote/archive.ts';
import { followDeployment } from '#src/remote/follow.ts';

interface AppOption {
  readonly app?: string;
}

/** `steading deploy [folder]`: from the app's Git source, or this folder's files; follows to the end unless told not to. */
export async function deploy(
  folder: string | undefined,
  options: AppOption & { commit?: string; wait: boolean },
  out: Output,
): Promise<void> {
  const api = createApi();
  const app = await findApp<{ url: string }>(api, options.app, 'url');
  const id = folder ? await upload(api, app.id, folder, out) : await start(api, app.id, options.commit);
  if (!options.wait) {
    out.line(`Started: ${id}`);
    return out.data({ deploymentId: id });
  }
  await follow(api, id, out);
}

/** `steading rollback [number]`: to a deployment by its number, default the one before. */
export async function rollback(number: string | undefined, options: AppOption, out: Output): Promise<void> {
  const api = createApi();
  const app = await findApp<{ deployments: { nodes: { id: string; number: number; canRollBackTo: boolean }[] } }>(
    api,
    options.app,
    'deployments(first: 50) { nodes { id number canRollBackTo } }',
  );
  const possible = app.deployments.nodes.filter((each) => each.canRollBackTo);
  const target = number ? possible.find((each) => each.number === Number(number.replace('#', ''))) : possible[0];
  if (!target) {
    const known = possible.map((each) => `#${each.number}`).join(', ');
    throw new Failure(
      known
        ? `There is no way back to that one. You can go back to ${known}.`
        : 'There is no earlier deployment to go back to.',
    );
  }
  const { rollBack } = await api.graph<{ rollBack: { id: string } }>(
    'mutation ($app: ID!, $to: ID!) { rollBack(appId: $app, toDeploymentId: $to) { id } }',
    {
      app: app.id,
      to: target.id,
    },
  );
  await follow(api, rollBack.id, out);
}

/** `steading deployments`. */
export async function deployments(options: AppOption, out: Output): Promise<void> {
  const app = await findApp<{ url: string; deployments: { nodes: DeploymentRow[] } }>(
    createApi(),
    options.app,
    'url deployments(first: 20) { nodes { id number state reason trigger commit commitMessage createdAt isLive } }',
  );
  const rows = app.deployments.nodes;
  if (rows.length === 0) out.line('No deployments yet. Start one with: steading deploy');
  out.table(
    ['', 'state', 'from', 'commit', 'created', ''],
    rows.map((row) => [
      `#${row.number}`,
      row.state,
      row.trigger,
      row.commit?.slice(0, 8) ?? '',
      row.createdAt,
      row.reason ?? row.commitMessage?.split('\n')[0] ?? '',
    ]),
  );
  out.data(rows);
}

interface DeploymentRow {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly reason: string | null;
  readonly trigger: string;
  readonly commit: string | null;
  readonly commitMessage: string | null;
  readonly createdAt: string;
}

async function upload(api: Api, appId: string, folder: string, out: Output): Promise<string> {
  out.progress('packing and uploading');
  const body = await packFolder(resolve(folder));
  const sent = await api.rest<{ deploymentId: string }>('POST', `/api/deploy/archive?app=${appId}`, {
    body,
    headers: { 'content-type': 'application/gzip' },
  });
  return sent.deploymentId;
}

async function start(api: Api, appId: string, commit: string | undefined): Promise<string> {
  const { deploy: started } = await api.graph<{ deploy: { id: string } }>(
    'mutation ($app: ID!, $commit: String) { deploy(appId: $app, commit: $commit) { id } }',
    {
      app: appId,
      commit: commit ?? null,
    },
  );
  return started.id;
}

async function follow(api: Api, id: string, out: Output): Promise<void> {
  const ended = await followDeployment(api, id, {
    onStage: (state) => {
      out.progress(state);
      out.settle();
    },
    onLine: (line) => out.line(out.style('dim', `  ${line}`)),
  });
  out.data(ended);
  if (ended.state === 'live') {
    const trace = ended.trace ? `, ${ended.trace.sent} probes sent, ${ended.trace.lost} lost` : '';
    return out.line(`Live: ${ended.app.url} (deployment #${ended.number}${trace})`);
  }
  for (const line of ended.lastLines) out.line(`  ${line.text}`);
  out.line(`Deployment #${ended.number} is ${ended.state}${ended.reason ? `: ${ended.reason}` : ''}`);
  process.exitCode = exitCodes.failed;
}
