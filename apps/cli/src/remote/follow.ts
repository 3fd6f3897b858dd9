import type { Api } from '#src/api.ts';

export interface EndedDeployment {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly reason: string | null;
  readonly app: { readonly url: string };
  readonly trace: { readonly sent: number; readonly lost: number } | null;
  readonly lastLines: readonly { readonly text: string }[];
}

interface Page {
  readonly last: number;
  readonly lines: readonly { readonly text: string }[];
}

export interface Follower {
  readonly onStage?: (state: string) => void;
  readonly onLine?: (line: string) => void;
}

const endStates = new Set(['live', 'failed', 'cancelled', 'superseded', 'rolled-back']);

const ofApp = 'query ($id: ID!) { deployment(id: $id) { app { id } } }';
const changes = 'subscription ($app: ID!) { deploymentChanged(appId: $app) { id state } }';
const log = 'subscription ($id: ID!, $after: Int!) { deploymentLog(id: $id, after: $after) { last lines { text } } }';
const end = `query ($id: ID!, $after: Int!) { deployment(id: $id) {
  id number state reason app { url } trace { sent lost } lastLines { text }
  log(after: $after) { last lines { text } } } }`;

/** Follows a deployment to its end: its states by `onStage`, its log by `onLine`. Outlives dropped connections. */
export async function followDeployment(api: Api, id: string, on: Follower = {}): Promise<EndedDeployment> {
  const { deployment } = await api.graph<{ deployment: { app: { id: string } } }>(ofApp, { id });
  const over = new AbortController();
  let after = 0;
  let state = '';
  const show = (page: Page): void => {
    for (const line of page.lines) on.onLine?.(line.text);
    after = page.last;
  };
  const see = (now: string): void => {
    if (now !== state) on.onStage?.((state = now));
    if (endStates.has(now)) over.abort();
  };

  async function followStates(): Promise<void> {
    const variables = () => ({ app: deployment.app.id });
    for await (const { deploymentChanged: one } of api.subscribe<{ deploymentChanged: { id: string; state: string } }>(
      changes,
      variables,
      over.signal,
    ))
      if (one.id === id) see(one.state);
  }

  /** The log is over when the deployment is: also where a newer one stands before it. */
  async function followLog(): Promise<void> {
    for await (const { deploymentLog } of api.subscribe<{ deploymentLog: Page }>(
      log,
      () => ({ id, after }),
      over.signal,
    ))
      show(deploymentLog);
    over.abort();
  }

  try {
    await Promise.all([followStates(), followLog()]);
  } finally {
    over.abort();
  }
  const ended = await api.graph<{ deployment: EndedDeployment & { log: Page } }>(end, { id, after });
  show(ended.deployment.log);
  see(ended.deployment.state);
  return ended.deployment;
}
