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

const endStates = new Set(['live', 'failed', 'cancelled', 'superseded', 'rolled-back']);
const pollMs = 300;

const query = `query ($id: ID!, $after: Int!) { deployment(id: $id) {
  id number state reason app { url } trace { sent lost } lastLines { text }
  log(after: $after) { last lines { position stage text } } } }`;

/** Follows a deployment to its end: its states by `onStage`, its log by `onLine`. */
export async function followDeployment(
  api: Api,
  id: string,
  on: { onStage?: (state: string) => void; onLine?: (line: string) => void } = {},
): Promise<EndedDeployment> {
  let after = 0;
  let state = '';
  for (;;) {
    const { deployment } = await api.graph<{
      deployment: EndedDeployment & { log: { last: number; lines: { text: string }[] } };
    }>(query, { id, after });
    for (const line of deployment.log.lines) on.onLine?.(line.text);
    after = Math.max(after, deployment.log.last);
    if (deployment.state !== state) on.onStage?.((state = deployment.state));
    if (endStates.has(state) && deployment.log.lines.length === 0) return deployment;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
