/** The composing side of `createComposer`: a thread that answers one list of subgraphs after another. */
import { parentPort } from 'node:worker_threads';
import { composeSubgraphs, type SubgraphSdl } from '#src/supergraph.ts';

parentPort?.on('message', async ({ id, subgraphs }: { id: number; subgraphs: readonly SubgraphSdl[] }) => {
  parentPort?.postMessage({ id, composed: await composeSubgraphs(subgraphs) });
});
