import { type Api, createApi } from '#src/api.ts';
import { Failure } from '#src/failure.ts';
import type { Output } from '#src/output.ts';
import { findApp } from '#src/remote/app-reference.ts';

interface Subgraph {
  readonly appId: string;
  readonly appName: string;
  readonly name: string;
  readonly path: string;
  readonly state: string;
  readonly reason: string | null;
  readonly adds: readonly string[];
}

const fields = 'appId appName name path state reason adds';

/** `steading graph show`: what the app offers to the GraphQL endpoint, and how it was taken. */
export async function showSubgraph(options: { app?: string }, out: Output): Promise<void> {
  const { subgraph } = await findApp<{ subgraph: Subgraph | null }>(createApi(), options.app, `subgraph { ${fields} }`);
  if (subgraph) tell(subgraph, out);
  else out.line('This app offers nothing to the GraphQL endpoint. Offer it with: steading graph offer');
  out.data(subgraph);
}

/** `steading graph offer`; offered again, an allowed one is asked for its SDL once more. */
export async function offerSubgraph(
  options: { app?: string; path: string; name?: string },
  out: Output,
): Promise<void> {
  const api = createApi();
  const { id } = await findApp(api, options.app, '');
  const { offerAppSubgraph } = await api.graph<{ offerAppSubgraph: Subgraph }>(
    `mutation ($id: ID!, $path: String!, $name: String) {
      offerAppSubgraph(appId: $id, path: $path, name: $name) { ${fields} } }`,
    { id, path: options.path, name: options.name },
  );
  tell(offerAppSubgraph, out);
  if (offerAppSubgraph.state === 'offered') out.line('An operator of the house decides whether it is taken in.');
  out.data(offerAppSubgraph);
}

/** `steading graph withdraw`. */
export async function withdrawSubgraph(options: { app?: string }, out: Output): Promise<void> {
  const api = createApi();
  const { id } = await findApp(api, options.app, '');
  const { withdrawAppSubgraph: withdrawn } = await api.graph<{ withdrawAppSubgraph: boolean }>(
    'mutation ($id: ID!) { withdrawAppSubgraph(appId: $id) }',
    { id },
  );
  out.line(withdrawn ? 'Withdrawn: its fields are gone.' : 'This app offered nothing.');
  out.data({ withdrawn });
}

/** `steading graph list`, for operators. */
export async function listSubgraphs(out: Output): Promise<void> {
  const all = await subgraphs(createApi());
  if (all.length === 0) out.line('No app offers anything to the GraphQL endpoint.');
  out.table(
    ['name', 'state', 'app', ''],
    all.map(({ name, state, appName, reason }) => [name, state, appName, firstLine(reason)]),
  );
  out.data(all);
}

/** `steading graph allow|deny <name>`, for operators: by the name under which it was offered. */
export async function decideSubgraph(
  name: string,
  { allow, reason }: { allow: boolean; reason?: string },
  out: Output,
): Promise<void> {
  const api = createApi();
  const found = (await subgraphs(api)).find((one) => one.name === name);
  if (!found) throw new Failure(`Nobody offers ${name}. See what is offered with: steading graph list`, 'usage');
  const { allowAppSubgraph } = await api.graph<{ allowAppSubgraph: Subgraph }>(
    `mutation ($id: ID!, $allow: Boolean!, $reason: String) {
      allowAppSubgraph(appId: $id, allow: $allow, reason: $reason) { ${fields} } }`,
    { id: found.appId, allow, reason },
  );
  tell(allowAppSubgraph, out);
  out.data(allowAppSubgraph);
}

async function subgraphs(api: Api): Promise<readonly Subgraph[]> {
  return (await api.graph<{ appSubgraphs: Subgraph[] }>(`{ appSubgraphs { ${fields} } }`)).appSubgraphs;
}

function tell({ name, path, state, reason, adds }: Subgraph, out: Output): void {
  out.line(`${name}: ${state} (read at ${path})`);
  if (reason) out.line(reason);
  for (const added of adds) out.line(`  ${added}`);
}

const firstLine = (text: string | null): string => text?.split('\n', 1)[0] ?? '';
